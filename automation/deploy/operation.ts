import { hostname, userInfo } from "node:os";
import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { type Aws, SdkAws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import { Journal, leaseLost, type OperationRecord, operationInFlight, readJournal } from "../ledger/journal.ts";
import { Lease } from "../ledger/lease.ts";
import { type StackTable, stackTable } from "../ledger/table.ts";
import type { Surroundings } from "../surroundings.ts";
import { perform } from "./act.ts";
import type { Goal, JournalEntry, Signal } from "./model.ts";
import { needs, observe } from "./observe.ts";
import { previewSecret } from "./proof.ts";
import { type RunEvent, type RunOutcome, run } from "./run.ts";
import type { EnvironmentShape } from "./shape.ts";
import { giveUp } from "./situation.ts";
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
    const [found, shape] = await Promise.all([operationInFlight(session.table), readShape(session.table)]);
    const goal = goalOf(operationId(lease, purpose), shape);
    const held = { session, lease, shape };
    if (found) {
      const entries = await readJournal(session.table, found.operation);
      if (sameGoal(found.goal, goal)) return { goal: found.goal, ...(await conduct(held, found, entries)) };
      await undo(held, found, entries, purpose);
    }
    const journal = await Journal.begin(session.table, lease, session.clock, goal);
    return {
      goal,
      ...(await conduct(held, { operation: goal.operation, goal, at: session.clock.now() }, [], journal)),
    };
  });
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
  if (a.kind !== b.kind || a.version !== b.version) return false;
  return a.kind !== "deploy" || b.kind !== "deploy" || JSON.stringify(a.images) === JSON.stringify(b.images);
}

/** Brings an operation that another command interrupted back to where it began. */
async function undo(
  held: Held,
  found: OperationRecord,
  entries: readonly JournalEntry[],
  purpose: string,
): Promise<void> {
  const { session, lease } = held;
  const { table, clock } = session;
  const journal = Journal.resume(table, lease, clock, found.operation, entries);
  const observed = await observe({ aws: session.aws, table, shape: held.shape }, found.operation, none);
  const intent = await journal.intend(giveUp(`superseded by ${purpose}`), observed, clock.now());
  const done = await journal.complete(intent, { ok: true });
  await conduct(held, found, [...entries, done], journal);
}

const none = { health: [], scaling: false, migrations: false, watch: false };

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
    shape: shapeNow,
    proof: () => ({
      clock,
      fetch: session.fetch,
      shape: shapeNow(),
      checks: Object.fromEntries(Object.entries(config.services).map(([name, s]) => [name, s.checks])),
      previewSecret: () => (secret ??= previewSecret(aws, shapeNow().previewHeader.secretArn)),
      propagationMs: where.propagationMs,
      signal: AbortSignal.any([lease.lost, session.wake]),
    }),
    stage: async (mutation: StageMutation) => {
      const done = await session.stage(mutation, lease);
      shape = done.shape;
      return done.staged;
    },
  };
  const outcome = await run(record.goal, entries, {
    clock,
    pollMs: Math.max(shortestPollMs, pollMs * where.pace),
    observe: async (goal, progress) => {
      if (lease.lost.aborted) throw leaseLost(session.stack);
      return observe({ aws, table, shape }, goal.operation, needs(goal, progress));
    },
    intend: (decision, observed, at) => journal.intend(decision, observed, at),
    complete: (entry, result) => journal.complete(entry, result),
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
  });
  return outcome;
}
