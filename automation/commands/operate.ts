import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { goalOf } from "../deploy/act/goals.ts";
import { readShape } from "../deploy/act/stage.ts";
import { operate } from "../deploy/conduct/operation.ts";
import { type Aborted, abortInFlight, nameOf, nothingInFlight, promoteInFlight } from "../deploy/conduct/signals.ts";
import { whatIsLeft } from "../deploy/decide/outcome.ts";
import { partOf } from "../deploy/decide/situation.ts";
import { appliedSettings } from "../deploy/observe/settings.ts";
import { duration } from "../durations.ts";
import { tag } from "../flags.ts";
import type { OperationRecord } from "../ledger/journal.ts";
import {
  type CommonFlags,
  type Context,
  endsHere,
  finishesUndoing,
  type OnInterrupt,
  withContext,
  withSession,
} from "./context.ts";
import { askedOf, conclude } from "./deploy.ts";

export interface OperateFlags extends CommonFlags {
  readonly stack: string;
  readonly report?: string;
}

/** `sweep`, `repair` and `adopt`: goals that need nothing but the stack. */
export function operateOn(kind: "sweep" | "repair" | "adopt", flags: OperateFlags): Promise<void> {
  return withContext(flags, (context) => operateIn(context, kind, flags));
}

/** As the command does. */
export function operateIn(
  context: Context,
  kind: "sweep" | "repair" | "adopt",
  { stack, report }: Omit<OperateFlags, "json">,
): Promise<void> {
  return withSession(context, stack, endsHere, async (session) => {
    const started = performance.now();
    const settings = appliedSettings(session.stack, await readShape(session.table));
    const asked = askedOf(session, settings, "current", { strategy: "all-at-once" });
    const done = await operate(session, kind, (operation) => goalOf(kind, { ...asked, operation }, settings));
    await conclude(context.out, session, done, performance.now() - started, report);
  });
}

export interface PromoteFlags extends OperateFlags {
  /** The version that is approved; whatever is in flight when absent. */
  readonly tag?: string;
  /** How long to wait for a deploy to be in flight, such as `30m`. */
  readonly wait?: string;
  /** Who approved, where that is not who runs this: the reviewer of a GitHub environment. */
  readonly approver?: string;
}

const waits: OnInterrupt = {
  first: "Interrupted: waiting no longer. A word that was left stays.",
  second: "Stopped at once.",
};

/** Lets a deploy that waits for approval go on. */
export function promote(flags: PromoteFlags): Promise<void> {
  return withContext(flags, (context) => promoteIn(context, flags));
}

/** As the command does. */
export function promoteIn(context: Context, flags: Omit<PromoteFlags, "json">): Promise<void> {
  const waitMs = flags.wait === undefined ? 0 : duration("--wait", flags.wait);
  const version = flags.tag === undefined ? undefined : tag(flags.tag);
  return withSession(context, flags.stack, waits, async (session) => {
    const { out } = context;
    const { record, holder } = await promoteInFlight(session, {
      ...(version !== undefined && { version }),
      waitMs: waitMs * session.where.pace,
      by: flags.approver ?? actor(),
      tell: out.line,
    });
    const { operation } = record;
    if (holder !== undefined) out.line(`promoted ${operation}`);
    else
      out.line(
        `promoted ${operation}, but nobody is at work on it: \`${commandOf(session.stack, record)}\` goes on from where it stands, \`switchyard abort ${session.stack}\` undoes it`,
      );
    out.document({
      operation,
      signal: "promote",
      atWork: holder !== undefined,
      ...(holder !== undefined && { holder }),
    });
  });
}

/** The command that goes on with an operation that was cut short. */
function commandOf(stack: string, { goal }: OperationRecord): string {
  if (goal.kind === "retire") return `switchyard retire ${stack} --service ${goal.retires}`;
  if (goal.kind !== "deploy") return `switchyard ${goal.kind} ${stack}`;
  if (goal.migrations !== undefined) return `switchyard rollback ${stack} --to ${goal.version}`;
  const part = (partOf(goal) ?? []).map((name) => ` --service ${name}`);
  return `switchyard deploy ${stack} --tag ${goal.version}${part.join("")}`;
}

/** Undoes the operation in flight: by a word to the process at work on it, or here when that is gone. */
export function abort(flags: OperateFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, finishesUndoing, async (session) =>
      concludeAbort(context, session.stack, await abortInFlight(session, actor(), context.out.line)),
    ),
  );
}

/** @throws SwitchyardError when what is in flight was not undone: it was recorded already, or there is nothing. */
export function concludeAbort({ out }: Pick<Context, "out">, stack: string, aborted: Aborted): void {
  if (aborted.kind === "told") {
    const { operation } = aborted.record;
    out.line(
      `${aborted.holder} is at work and is told to undo ${operation}: \`switchyard status ${stack}\` shows when it has`,
    );
    out.document({ operation, signal: "abort" });
    return;
  }
  if (aborted.kind === "over") {
    const { last } = aborted;
    if (last?.outcome !== "failed") throw nothingInFlight(stack, last);
    out.line(
      `nothing is in flight; the last, ${nameOf(last)}, was undone or stopped: ${last.why ?? "nobody knows why"}`,
    );
    out.document({ operation: last.operation, signal: "abort", undone: true, why: last.why });
    return;
  }
  const operations = aborted.undone.map(({ record, end, progress }) => {
    const undone = end.outcome === "failed";
    out.line(
      `${nameOf(record)} ${undone ? `was aborted: ${whatIsLeft(record.goal, progress)}` : `was over: ${end.why}`}`,
    );
    return { operation: record.operation, undone, why: end.why };
  });
  out.document({ signal: "abort", operations });
  const late = aborted.undone.find(({ end }) => end.outcome !== "failed");
  if (late)
    throw new SwitchyardError("too-late", {
      what: `the ledger had it already, so it was finished: ${late.end.why}`,
      where: nameOf(late.record),
      fix: "`switchyard rollback` goes back from a release",
    });
}
