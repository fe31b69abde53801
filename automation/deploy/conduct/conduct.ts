import { SwitchyardError } from "../../../programs/errors.ts";
import { Journal, type OperationRecord, readJournal } from "../../ledger/journal.ts";
import { type Lease, leaseLost } from "../../ledger/lease.ts";
import { readApprovals } from "../../ledger/signals.ts";
import { perform } from "../act/act.ts";
import type { StageMutation } from "../act/stage.ts";
import type { JournalEntry } from "../decide/decision.ts";
import type { Observed } from "../decide/model.ts";
import { TrafficFigures } from "../observe/figures.ts";
import { askMigrations, needs, observe } from "../observe/observe.ts";
import { previewSecret } from "../observe/preview-secret.ts";
import { appliedSettings } from "../observe/settings.ts";
import type { EnvironmentShape } from "../observe/shape.ts";
import { Sight } from "../observe/sight.ts";
import { approvalHints } from "./approval.ts";
import { type RunEvent, type RunOutcome, run } from "./loop.ts";
import type { Session } from "./session.ts";
import { lastSeen, stranded } from "./stranded.ts";

const pollMs = 2_000;
/** A look is a dozen calls: more of them, however fast the sandbox's clock runs, would keep it from what is waited for. */
const shortestPollMs = 250;

/** A session while it holds the stack's lease. */
export interface Held {
  readonly session: Session;
  readonly lease: Lease;
  readonly shape: EnvironmentShape | undefined;
}

/** Runs one operation from where its journal stands to its end, and records that. */
export async function conduct(
  { session, lease, shape: known }: Held,
  record: OperationRecord,
  entries: readonly JournalEntry[],
  journal = Journal.resume(session.table, lease, session.clock, record.operation, entries),
): Promise<RunOutcome> {
  const { where, aws, table, clock, stack } = session;
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
      checks: Object.fromEntries(Object.entries(shapeNow().services).map(([name, s]) => [name, s.checks])),
      consecutive: appliedSettings(stack, shapeNow()).deploy.consecutiveSuccesses,
      previewSecret: () => (secret ??= previewSecret(aws, shapeNow().previewHeader.secretArn)),
      propagationMs: where.propagationMs,
      // Ctrl-C is news once: the proof of the way back it leads to is waited for.
      signal: session.wake.aborted ? lease.lost : AbortSignal.any([lease.lost, session.wake]),
    }),
    stage: async (mutation: StageMutation) => {
      const { staged, planHash, ...done } = await session.stage(mutation, lease);
      shape = done.shape;
      return { staged, planHash };
    },
  };
  const migrations = askMigrations(aws, shape);
  const figures = new TrafficFigures(aws, clock.now, where.pace);
  const sight = new Sight();
  let seen: Observed | undefined;
  const report = (event: RunEvent) => {
    seen = lastSeen(seen, event);
    const asks = event.kind === "wait" && event.wait.phase === "approve";
    session.report(asks ? { ...event, details: approvalHints(session.stack, shapeNow()) } : event);
  };
  const running = run(record.goal, entries, {
    clock,
    freshMs: 2 * where.leaseMs,
    entries: () => readJournal(table, record.operation),
    pollMs: Math.max(shortestPollMs, pollMs * where.pace),
    observe: async (goal, progress) => {
      if (lease.lost.aborted) throw leaseLost(session.stack);
      const wanted = needs(goal, progress);
      const alarms = wanted.watch ? appliedSettings(stack, shape).deploy.alarms : [];
      return observe({ aws, table, shape, alarms, figures, sight, migrations }, goal.operation, wanted);
    },
    intend: (decision, observed, at) => journal.intend(decision, observed, at),
    complete: (entry, result) => journal.complete(entry, result),
    record: (decision, observed, at, result) => journal.record(decision, observed, at, result),
    perform: (step) => perform(step, act),
    calls: () => aws.total,
    wayBack: () => aws.wayBack(),
    report,
    interrupted: session.interrupted,
    wake: AbortSignal.any([lease.lost, session.wake]),
  });
  const outcome = await running.catch((error) => {
    throw stranded(error, session.stack, record.goal, seen);
  });
  const { end, steps, progress } = outcome;
  const ending = {
    outcome: end.outcome,
    why: end.why,
    endedAt: clock.now(),
    steps,
    ...(progress.planHash !== undefined && { planHash: progress.planHash }),
    ...(progress.applied && { migrations: progress.applied }),
  };
  await journal.end(ending, (await readApprovals(table, [record])).get(record.operation));
  return outcome;
}
