import { SwitchyardError } from "../../programs/errors.ts";
import { goalOf } from "../deploy/goals.ts";
import { actor, isDeadHere, operate, type Session, undoInFlight } from "../deploy/operation.ts";
import { operationInFlight, readSignal, writeSignal } from "../ledger/journal.ts";
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

/** Lets a deploy that waits for approval go on. */
export function promote(flags: OperateFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
      const operation = await leaveSignal(session, "promote");
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
      const operation = await leaveSignal(session, "abort");
      context.out.line(`${lease.holder} is told to undo ${operation}`);
      context.out.document({ operation, signal: "abort" });
    }),
  );
}

async function leaveSignal(session: Session, kind: "promote" | "abort"): Promise<string> {
  const found = await operationInFlight(session.table);
  if (!found)
    throw new SwitchyardError("not-found", {
      what: "nothing is in flight",
      where: `stack ${session.stack}`,
      fix: "`switchyard status` shows what serves",
    });
  const signal = { kind, by: actor(), at: new Date(session.clock.now()).toISOString() };
  if (await writeSignal(session.table, found.operation, signal)) return found.operation;
  // Said once already, perhaps by a run of this command that died before it could tell.
  if ((await readSignal(session.table, found.operation))?.kind === kind) return found.operation;
  throw new SwitchyardError("in-flight", {
    what: `someone has already ${kind === "promote" ? "aborted" : "promoted"} it`,
    where: found.operation,
    fix: "`switchyard status` shows how it goes on",
  });
}
