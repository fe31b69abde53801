import { SwitchyardError } from "../../programs/errors.ts";
import {
  Journal,
  type OperationRecord,
  operationInFlight,
  operationsInFlight,
  readJournal,
  readOperations,
} from "../ledger/journal.ts";
import type { Lease } from "../ledger/lease.ts";
import { conduct, type Held } from "./conduct.ts";
import type { End, Goal } from "./model.ts";
import { observe } from "./observe.ts";
import { progressOf } from "./progress.ts";
import type { RunOutcome } from "./run.ts";
import { nothingMore, type Session, withLease } from "./session.ts";
import type { EnvironmentShape } from "./shape.ts";
import { giveUp, recordedUnnoticed } from "./situation.ts";
import { readShape } from "./stage.ts";

export type GoalOf = (operation: string, shape: EnvironmentShape | undefined) => Goal;

/** Runs a goal to its end under the lease: goes on with the same one found in flight, undoes another first. */
export async function operate(session: Session, purpose: string, goalOf: GoalOf): Promise<RunOutcome & { goal: Goal }> {
  return withLease(session, purpose, async (lease) => {
    const [open, shape] = await Promise.all([operationsInFlight(session.table), readShape(session.table)]);
    const goal = goalOf(operationId(lease, purpose), shape);
    const held = { session, lease, shape };
    const [found, ...older] = open;
    const goesOn = found !== undefined && sameGoal(found.goal, goal);
    if (found && !goesOn && goal.kind === "sweep") throw inFlight(session.stack, found);
    // Weights changed by hand have to be settled first: an operation does not turn back over them.
    const settles = goal.kind === "repair" || goal.kind === "adopt";
    const undoAll = async (records: readonly OperationRecord[]) => {
      for (const record of records) await undo(held, record, `superseded by ${purpose}`);
    };
    if (!goesOn && !settles) await undoAll(open);
    const before = open.length === 0 && goal.kind === "rollback" ? await endedUnsaid(held) : undefined;
    if (before) return before;
    const done = goesOn ? await resume(held, found) : await begin(held, goal);
    // What the operation that met the change has started, or where it left traffic, is no longer so: it cannot go on.
    const { outcome } = done.end;
    if (outcome === "succeeded" ? settles : outcome === "unchanged" && goal.kind === "repair")
      await undoAll(goesOn ? older : open);
    return done;
  });
}

/** The rollback whose process died after its end: who started it was not told. Once more would go where they came from. */
async function endedUnsaid({ session, lease }: Held): Promise<(RunOutcome & { goal: Goal }) | undefined> {
  if (lease.takenFrom === undefined) return undefined;
  const [last] = await readOperations(session.table, 1);
  if (last?.goal.kind !== "rollback" || last.outcome !== "succeeded") return undefined;
  const entries = await readJournal(session.table, last.operation);
  if (entries.at(-1)?.token !== lease.takenFrom) return undefined;
  const end: End = { kind: "end", outcome: last.outcome, why: last.why ?? "it was over already" };
  return { goal: last.goal, end, steps: last.steps ?? [], progress: progressOf(entries) };
}

async function resume(held: Held, found: OperationRecord): Promise<RunOutcome & { goal: Goal }> {
  const entries = await readJournal(held.session.table, found.operation);
  return { goal: found.goal, ...(await conduct(held, found, entries)) };
}

async function begin(held: Held, goal: Goal): Promise<RunOutcome & { goal: Goal }> {
  const { session, lease } = held;
  const at = session.clock.now();
  const journal = await Journal.begin(session.table, lease, session.clock, goal);
  return { goal, ...(await conduct(held, { operation: goal.operation, goal, at }, [], journal)) };
}

/** Sortable by the order in which operations began: tokens only grow. */
function operationId(lease: Lease, purpose: string): string {
  return `${String(lease.token).padStart(8, "0")}-${purpose.replace(/[^A-Za-z0-9.]+/g, "-")}`;
}

function sameGoal(a: Goal, b: Goal): boolean {
  // The version a rollback goes to is read from the ledger: one that has recorded its end there seems to go the other way.
  if (a.kind === "rollback") return b.kind === "rollback";
  if (a.kind !== b.kind || a.version !== b.version) return false;
  return a.kind !== "deploy" || b.kind !== "deploy" || JSON.stringify(a.images) === JSON.stringify(b.images);
}

/**
 * Undoes the operation in flight, when nobody is at work on it; one that is recorded already is finished instead.
 *
 * @throws SwitchyardError `not-found` when there is none.
 */
export function undoInFlight(session: Session, reason: string): Promise<End> {
  return withLease(session, reason, async (lease) => {
    const [found, shape] = await Promise.all([operationInFlight(session.table), readShape(session.table)]);
    if (!found)
      throw new SwitchyardError("not-found", {
        what: "nothing is in flight",
        where: `stack ${session.stack}`,
        fix: "`switchyard status` shows what serves",
      });
    return undo({ session, lease, shape }, found, reason);
  });
}

/** Brings an operation that another command interrupted back to where it began. */
async function undo(held: Held, found: OperationRecord, reason: string): Promise<End> {
  const { session, lease, shape } = held;
  const { table, clock, aws } = session;
  const entries = await readJournal(table, found.operation);
  const journal = Journal.resume(table, lease, clock, found.operation, entries);
  const progress = progressOf(entries);
  const observed = await observe({ aws, table, shape }, found.operation, nothingMore);
  // What the ledger calls live already is finished instead.
  const recorded = progress.recorded || recordedUnnoticed({ observed, progress });
  if (progress.ended || progress.undo !== undefined || recorded)
    return (await conduct(held, found, entries, journal)).end;
  const intent = await journal.intend({ ...giveUp(reason), ordered: true }, observed, clock.now());
  return (await conduct(held, found, [...entries, await journal.complete(intent, { ok: true })], journal)).end;
}

function inFlight(stack: string, found: OperationRecord): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `${found.goal.kind} ${found.goal.version} by ${found.goal.actor} was interrupted and is not finished`,
    where: `stack ${stack}`,
    fix: "run it again to go on, or `switchyard abort` to undo it",
  });
}
