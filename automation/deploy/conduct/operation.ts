import { isDeepStrictEqual } from "node:util";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { ReleaseDocument } from "../../../programs/release.ts";
import {
  Journal,
  type OperationRecord,
  operationsInFlight,
  readJournal,
  readOperations,
} from "../../ledger/journal.ts";
import type { Lease, LeaseState } from "../../ledger/lease.ts";
import { readRelease } from "../../ledger/release.ts";
import { readShape } from "../act/stage.ts";
import type { End } from "../decide/decision.ts";
import type { Goal } from "../decide/goal.ts";
import { nothingYet, type Progress, progressOf } from "../decide/progress.ts";
import { giveUp, recordedUnnoticed, versionOf } from "../decide/situation.ts";
import { observe } from "../observe/observe.ts";
import { conduct, type Held } from "./conduct.ts";
import type { RunOutcome } from "./loop.ts";
import { nothingMore, type Session, withLease } from "./session.ts";

export type GoalOf = (operation: string, release: ReleaseDocument) => Goal;
export type Operated = RunOutcome & { readonly goal: Goal };

/**
 * The version that is asked for and serves already, once other operations were undone; undefined when there is more to do.
 * Empty when none serves, and none was asked for.
 */
export type Enough = (undone: readonly Goal[], release: ReleaseDocument) => string | undefined;

/** Why nothing is left to do, and the version that serves: somebody did it while the lease was waited for. */
export type Already = (release: ReleaseDocument) => Promise<{ version: string; why: string } | undefined>;

/**
 * Runs a goal to its end under the lease: goes on with the same one found in flight, undoes another first.
 *
 * @param enough Asked after an undoing: that may be all that was wanted.
 * @param already Asked where nothing is in flight.
 */
export async function operate(
  session: Session,
  purpose: string,
  goalOf: GoalOf,
  enough: Enough = () => undefined,
  already: Already = async () => undefined,
): Promise<Operated> {
  return withLease(session, purpose, async (lease) => {
    const { table, stack } = session;
    const [open, shape, release] = await Promise.all([operationsInFlight(table), readShape(table), readRelease(table)]);
    const id = operationId(lease, purpose);
    let goal = goalOf(id, release);
    const held = { session, lease, shape };
    const [found, ...older] = open;
    const met = found ? undefined : await already(release);
    if (met) return nothingToDo(goal, met);
    const goesOn = found !== undefined && sameGoal(found.goal, goal);
    if (found && !goesOn && (goal.kind === "sweep" || goal.kind === "retire")) throw inFlight(stack, found);
    // Weights changed by hand have to be settled first: an operation does not turn back over them.
    const settles = goal.kind === "repair" || goal.kind === "adopt";
    const reason = `superseded by ${purpose}`;
    if (found && !goesOn && !settles) {
      const undone = (await undoAll(held, open, reason)).filter(({ end }) => end.outcome === "failed");
      const now = await readRelease(table);
      goal = goalOf(id, now);
      const goals = undone.map(({ record }) => record.goal);
      const version = enough(goals, now);
      if (version !== undefined) return undoingWas(goal, goals, version);
    }
    const before = found ? undefined : await endedUnsaid(held, purpose, goal, enough);
    if (before) return before;
    const done = goesOn ? await resume(held, found) : await begin(held, goal);
    // What the operation that met the change has started, or where it left traffic, is no longer so: it cannot go on.
    const { outcome } = done.end;
    if (outcome === "succeeded" ? settles : outcome === "unchanged" && goal.kind === "repair")
      await undoAll(held, goesOn ? older : open, reason);
    return done;
  });
}

function nothingToDo(goal: Goal, { version, why }: { version: string; why: string }): Operated {
  return {
    goal: { ...goal, version },
    end: { kind: "end", outcome: "unchanged", why },
    steps: [],
    progress: nothingYet,
  };
}

/** The undoing of other operations, told as the end of the one that was asked for: that never had to begin. */
function undoingWas(goal: Goal, undone: readonly Goal[], version: string): Operated {
  const what = undone.map((g) => `${g.kind} ${versionOf(g)} was undone`).join(", ");
  const why = version === "" ? `${what}; nothing was released before it` : `${version} serves 100%: ${what}`;
  return {
    goal: { ...goal, version },
    end: { kind: "end", outcome: "succeeded", why },
    steps: [],
    progress: nothingYet,
  };
}

/**
 * What this very command had done when its process died, after the end and before it could say so: a rollback, or the
 * undoing of a deploy that was one. Once more would go where they came from, or a version further.
 */
async function endedUnsaid(
  { session, lease }: Held,
  purpose: string,
  goal: Goal,
  enough: Enough,
): Promise<Operated | undefined> {
  const { table } = session;
  const { takenFrom } = lease;
  if (takenFrom === undefined) return undefined;
  const [last] = await readOperations(table, 1);
  if (last?.outcome === undefined) return undefined;
  const entries = await readJournal(table, last.operation);
  if (entries.at(-1)?.token !== takenFrom.token) return undefined;
  if (takenFrom.purpose !== purpose) return undefined;
  if (last.outcome === "failed") {
    const version = enough([last.goal], await readRelease(table));
    return version === undefined ? undefined : undoingWas(goal, [last.goal], version);
  }
  if (last.outcome !== "succeeded") return undefined;
  if (goal.kind !== "rollback" || last.goal.kind !== "rollback") return undefined;
  const end: End = { kind: "end", outcome: last.outcome, why: last.why ?? "it was over already" };
  return { goal: last.goal, end, steps: last.steps ?? [], progress: progressOf(entries) };
}

async function resume(held: Held, found: OperationRecord): Promise<Operated> {
  const entries = await readJournal(held.session.table, found.operation);
  return { goal: found.goal, ...(await conduct(held, found, entries)) };
}

async function begin(held: Held, goal: Goal): Promise<Operated> {
  const { session, lease } = held;
  const at = session.clock.now();
  const journal = await Journal.begin(session.table, lease, session.clock, goal);
  return { goal, ...(await conduct(held, { operation: goal.operation, goal, at }, [], journal)) };
}

/** Sortable by the order in which operations began: tokens only grow. */
function operationId(lease: Lease, purpose: string): string {
  return `${String(lease.token).padStart(tokenDigits, "0")}-${slug(purpose)}`;
}

const tokenDigits = 8;

function slug(purpose: string): string {
  return purpose.replace(/[^A-Za-z0-9.]+/g, "-");
}

/** True when the command that holds the lease is the one that began the operation, or the same command once more. */
export function worksOn({ purpose }: LeaseState, { operation }: OperationRecord): boolean {
  return operation.slice(tokenDigits + 1) === slug(purpose);
}

function sameGoal(a: Goal, b: Goal): boolean {
  // The version a rollback goes to is read from the ledger: one that has recorded its end there seems to go the other way.
  if (a.kind === "rollback") return b.kind === "rollback" && (!a.only || !b.only || isDeepStrictEqual(a.only, b.only));
  if (a.kind !== b.kind || a.version !== b.version) return false;
  return a.kind !== "deploy" || b.kind !== "deploy" || JSON.stringify(a.images) === JSON.stringify(b.images);
}

export interface Undone {
  readonly record: OperationRecord;
  readonly end: End;
  readonly progress: Progress;
}

/** Undoes what is in flight, newest first, when nobody is at work on it; what is recorded already is finished instead. */
export function undoInFlight(session: Session, reason: string): Promise<readonly Undone[]> {
  return withLease(session, reason, async (lease) => {
    const [open, shape] = await Promise.all([operationsInFlight(session.table), readShape(session.table)]);
    return undoAll({ session, lease, shape }, open, reason);
  });
}

async function undoAll(held: Held, records: readonly OperationRecord[], reason: string): Promise<readonly Undone[]> {
  const undone: Undone[] = [];
  for (const record of records) undone.push({ record, ...(await undo(held, record, reason)) });
  return undone;
}

/** Brings an operation that another command interrupted back to where it began. */
async function undo(held: Held, found: OperationRecord, reason: string): Promise<RunOutcome> {
  const { session, lease, shape } = held;
  const { table, clock, aws } = session;
  const entries = await readJournal(table, found.operation);
  const journal = Journal.resume(table, lease, clock, found.operation, entries);
  const progress = progressOf(entries);
  const observed = await observe({ aws, table, shape }, found.operation, nothingMore);
  // What the ledger calls live already is finished instead.
  const recorded = progress.recorded || recordedUnnoticed({ goal: found.goal, observed, progress });
  if (progress.ended || progress.undo !== undefined || recorded) return conduct(held, found, entries, journal);
  const intent = await journal.intend({ ...giveUp(reason), ordered: true }, observed, clock.now());
  return conduct(held, found, [...entries, await journal.complete(intent, { ok: true })], journal);
}

function inFlight(stack: string, found: OperationRecord): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `${found.goal.kind} ${versionOf(found.goal)} by ${found.goal.actor} was interrupted and is not finished`,
    where: `stack ${stack}`,
    fix: "run it again to go on, or `switchyard abort` to undo it",
  });
}
