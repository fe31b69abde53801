import { SwitchyardError } from "../../programs/errors.ts";
import { goalOf } from "../deploy/goals.ts";
import { operate } from "../deploy/operation.ts";
import { whatIsLeft } from "../deploy/outcome.ts";
import { actor } from "../deploy/session.ts";
import { type Aborted, abortInFlight, nameOf, nothingInFlight, promoteInFlight } from "../deploy/words.ts";
import { duration, tag } from "../flags.ts";
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
  return withContext(flags, (context) =>
    withSession(context, flags.stack, endsHere, async (session) => {
      const started = performance.now();
      const asked = askedOf(session, "current", { strategy: "all-at-once" });
      const done = await operate(session, kind, (operation) => goalOf(kind, { ...asked, operation }, session.config));
      await conclude(context.out, session, done, performance.now() - started, flags.report);
    }),
  );
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
  const waitMs = flags.wait === undefined ? 0 : duration("--wait", flags.wait);
  const version = flags.tag === undefined ? undefined : tag(flags.tag);
  return withContext(flags, (context) =>
    withSession(context, flags.stack, waits, async (session) => {
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
    }),
  );
}

/** The command that goes on with an operation that was cut short. */
function commandOf(stack: string, { goal }: OperationRecord): string {
  if (goal.kind !== "deploy") return `switchyard ${goal.kind} ${stack}`;
  return goal.migrations === undefined
    ? `switchyard deploy ${stack} --tag ${goal.version}`
    : `switchyard rollback ${stack} --to ${goal.version}`;
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
