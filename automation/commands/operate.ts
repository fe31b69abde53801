import { SwitchyardError } from "../../programs/errors.ts";
import { goalOf } from "../deploy/goals.ts";
import { operate, undoInFlight } from "../deploy/operation.ts";
import { actor, isDeadHere, type Session } from "../deploy/session.ts";
import { duration, tag } from "../flags.ts";
import { type OperationRecord, operationInFlight, readSignal, writeSignal } from "../ledger/journal.ts";
import { readLease } from "../ledger/lease.ts";
import { type CommonFlags, withContext, withSession } from "./context.ts";
import { askedOf, conclude } from "./deploy.ts";

export interface OperateFlags extends CommonFlags {
  readonly stack: string;
  readonly report?: string;
}

/** `sweep`, `repair` and `adopt`: goals that need nothing but the stack. */
export function operateOn(kind: "sweep" | "repair" | "adopt", flags: OperateFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
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

/** Lets a deploy that waits for approval go on. */
export function promote(flags: PromoteFlags): Promise<void> {
  const waitMs = flags.wait === undefined ? 0 : duration("--wait", flags.wait);
  const wanted = flags.tag === undefined ? undefined : tag(flags.tag);
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
      const found = await awaitDeploy(session, wanted, waitMs * session.where.pace);
      const operation = await leaveSignal(session, found, "promote", flags.approver);
      context.out.line(`promoted ${operation}`);
      context.out.document({ operation, signal: "promote" });
    }),
  );
}

/** Undoes the operation in flight: by a word to the process at work on it, or here when that is gone. */
export function abort(flags: OperateFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
      const lease = await readLease(session.table);
      if (lease === undefined || lease.released || isDeadHere(lease.holder)) {
        const { outcome, why } = await undoInFlight(session, `aborted by ${actor()}`);
        const undone = outcome === "failed";
        context.out.line(undone ? "undone" : `too late to undo, so it was finished: ${why}`);
        context.out.document({ signal: "abort", undone, why });
        return;
      }
      const operation = await leaveSignal(session, await operationInFlight(session.table), "abort");
      context.out.line(`${lease.holder} is told to undo ${operation}`);
      context.out.document({ operation, signal: "abort" });
    }),
  );
}

const pollMs = 2_000;

/** The operation in flight, waited for; of this version, when one is named. */
async function awaitDeploy(
  { table, clock, where, wake }: Session,
  version: string | undefined,
  waitMs: number,
): Promise<OperationRecord | undefined> {
  const until = clock.now() + waitMs;
  for (;;) {
    const found = await operationInFlight(table);
    if (found && (version === undefined || found.goal.version === version)) return found;
    if (clock.now() >= until || wake.aborted) return undefined;
    await clock.sleep(pollMs * where.pace, wake);
  }
}

async function leaveSignal(
  session: Session,
  found: OperationRecord | undefined,
  kind: "promote" | "abort",
  by = actor(),
): Promise<string> {
  if (!found)
    throw new SwitchyardError("not-found", {
      what: "nothing is in flight",
      where: `stack ${session.stack}`,
      fix: "`switchyard status` shows what serves",
    });
  if (kind === "promote" && (await readSignal(session.table, found.operation))?.kind === "abort")
    throw new SwitchyardError("in-flight", {
      what: "someone has already aborted it",
      where: found.operation,
      fix: "`switchyard status` shows how it goes on",
    });
  // Said once already, it is not said again: perhaps by a run of this command that died before it could tell.
  await writeSignal(session.table, found.operation, { kind, by, at: new Date(session.clock.now()).toISOString() });
  return found.operation;
}
