import { hostname, userInfo } from "node:os";
import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { type Aws, SdkAws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import {
  Journal,
  type OperationRecord,
  operationInFlight,
  operationsInFlight,
  readJournal,
  readOperations,
} from "../ledger/journal.ts";
import { Lease, leaseLost } from "../ledger/lease.ts";
import { type StackTable, stackTable } from "../ledger/table.ts";
import type { Surroundings } from "../surroundings.ts";
import { perform } from "./act.ts";
import { TrafficFigures } from "./figures.ts";
import type { End, Goal, JournalEntry, Observed, Signal } from "./model.ts";
import { askMigrations, type Needs, needs, observe } from "./observe.ts";
import { progressOf } from "./progress.ts";
import { previewSecret } from "./proof.ts";
import { type RunEvent, type RunOutcome, run } from "./run.ts";
import type { EnvironmentShape } from "./shape.ts";
import { giveUp, recordedUnnoticed } from "./situation.ts";
import { readShape, type Staged, type StageMutation } from "./stage.ts";

/** Calls one run may make, and how many of them only the way back may use. Generous: a deploy of 40 services takes some 2,000. */
const callBudget = 20_000;
const callReserve = 2_000;
const pollMs = 2_000;
/** Polling faster than this helps no one, however fast the sandbox's clock runs. */
const shortestPollMs = 100;

/** One command's hold on an environment: its ledger, its AWS clients, its clock. */
export interface Session {
  readonly where: Surroundings;
  readonly stack: string;
  readonly config: EnvironmentConfig;
  readonly aws: Aws;
  readonly table: StackTable;
  readonly clock: Clock;
  readonly report: (event: RunEvent) => void;
  readonly interrupted: () => Signal | undefined;
  readonly wake: AbortSignal;
  /** Registers what a deploy will run: the program's update. */
  readonly stage: (images: StageMutation, lease: Lease) => Promise<Staged>;
  readonly fetch: typeof fetch;
}

export function openAws(where: Surroundings): Aws {
  return new SdkAws({
    region: process.env["AWS_REGION"] ?? "us-east-1",
    deadlineMs: where.deadlineMs,
    budget: callBudget,
    reserve: callReserve,
  });
}

/** Name of the pipeline's ledger table. */
export const ledgerTableName = "switchyard-ledger";

export function openTable(aws: Aws, stack: string): StackTable {
  return stackTable(aws, ledgerTableName, stack);
}

export function actor(): string {
  return process.env["GITHUB_ACTOR"] ?? userInfo().username;
}

/** Takes the stack's lease, does the work, gives it back; also when the work fails. */
export async function withLease<T>(
  session: Pick<Session, "where" | "table" | "clock">,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { where, table, clock } = session;
  const lease = await Lease.acquire(table, {
    holder: `${actor()}@${hostname()}#${process.pid}.${Math.random().toString(36).slice(2, 8)}`,
    purpose,
    durationMs: where.leaseMs,
    clock,
    isDead: isDeadHere,
  });
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

/** True only for a process of this machine that is gone. */
export function isDeadHere(holder: string): boolean {
  const [, host, pid] = /@(.+)#(\d+)\./.exec(holder) ?? [];
  if (host !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

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

interface Held {
  readonly session: Session;
  readonly lease: Lease;
  readonly shape: EnvironmentShape | undefined;
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
  const intent = await journal.intend(giveUp(reason), observed, clock.now());
  return (await conduct(held, found, [...entries, await journal.complete(intent, { ok: true })], journal)).end;
}

function inFlight(stack: string, found: OperationRecord): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `${found.goal.kind} ${found.goal.version} by ${found.goal.actor} was interrupted and is not finished`,
    where: `stack ${stack}`,
    fix: "run it again to go on, or `switchyard abort` to undo it",
  });
}

/** Observes outside an operation. */
export function observeNow(session: Session, shape: EnvironmentShape | undefined, wanted: Needs): Promise<Observed> {
  return observe({ aws: session.aws, table: session.table, shape }, undefined, wanted);
}

export const nothingMore: Needs = {
  health: [],
  scaling: false,
  migrations: false,
  watch: false,
  taskDefinitions: false,
};

async function conduct(
  { session, lease, shape: known }: Held,
  record: OperationRecord,
  entries: readonly JournalEntry[],
  journal = Journal.resume(session.table, lease, session.clock, record.operation, entries),
): Promise<RunOutcome> {
  const { where, aws, table, clock, config } = session;
  let shape = known;
  const shapeNow = () => {
    if (shape) return shape;
    throw new SwitchyardError("not-found", {
      what: "the environment has never been applied",
      where: `stack ${session.stack}`,
      fix: `run \`switchyard deploy ${session.stack} --tag <version>\``,
    });
  };
  let secret: Promise<string> | undefined;
  const act = {
    aws,
    table,
    lease,
    deadlineMs: where.deadlineMs,
    shape: shapeNow,
    proof: () => ({
      clock,
      fetch: session.fetch,
      shape: shapeNow(),
      checks: Object.fromEntries(Object.entries(config.services).map(([name, s]) => [name, s.checks])),
      consecutive: config.deploy.consecutiveSuccesses,
      previewSecret: () => (secret ??= previewSecret(aws, shapeNow().previewHeader.secretArn)),
      propagationMs: where.propagationMs,
      signal: AbortSignal.any([lease.lost, session.wake]),
    }),
    stage: async (mutation: StageMutation) => {
      const { staged, planHash, ...done } = await session.stage(mutation, lease);
      shape = done.shape;
      return { staged, planHash };
    },
  };
  const migrations = askMigrations(aws, shape);
  const figures = new TrafficFigures(aws, clock.now, where.pace);
  const outcome = await run(record.goal, entries, {
    clock,
    freshMs: 2 * where.leaseMs,
    entries: () => readJournal(table, record.operation),
    pollMs: Math.max(shortestPollMs, pollMs * where.pace),
    observe: async (goal, progress) => {
      if (lease.lost.aborted) throw leaseLost(session.stack);
      const { alarms } = config.deploy;
      return observe({ aws, table, shape, alarms, figures, migrations }, goal.operation, needs(goal, progress));
    },
    intend: (decision, observed, at) => journal.intend(decision, observed, at),
    complete: (entry, result) => journal.complete(entry, result),
    record: (decision, observed, at, result) => journal.record(decision, observed, at, result),
    perform: (step) => perform(step, act),
    calls: () => aws.total,
    report: session.report,
    interrupted: session.interrupted,
    wake: AbortSignal.any([lease.lost, session.wake]),
  });
  const { end, steps, progress } = outcome;
  await journal.end({
    outcome: end.outcome,
    why: end.why,
    endedAt: clock.now(),
    steps,
    ...(progress.approved && { approver: progress.approved.by }),
    ...(progress.planHash !== undefined && { planHash: progress.planHash }),
    ...(progress.applied && { migrations: progress.applied }),
  });
  return outcome;
}
