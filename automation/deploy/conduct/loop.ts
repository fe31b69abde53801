import { SwitchyardError } from "../../../programs/errors.ts";
import { type Clock, jittered } from "../../clock.ts";
import type { StepTiming } from "../../ledger/journal.ts";
import type { Decision, End, Halt, JournalEntry, Step, StepResult, Wait } from "../decide/decision.ts";
import type { Goal } from "../decide/goal.ts";
import type { Observed, Signal } from "../decide/model.ts";
import { next } from "../decide/next.ts";
import { hasMoved, whereTrafficIs } from "../decide/outcome.ts";
import { fold, type Progress, progressOf } from "../decide/progress.ts";
import { Written } from "./written.ts";

/** The world as the loop touches it; the simulated world of the tests is another one. */
export interface RunIo {
  readonly clock: Clock;
  readonly pollMs: number;
  /** A look older than this is not decided on; a process may have been stopped since. In milliseconds. */
  readonly freshMs: number;
  /** What the journal says: after a failure it may say more than this process was told. */
  entries(): Promise<readonly JournalEntry[]>;
  observe(goal: Goal, progress: Progress): Promise<Observed>;
  intend(decision: Decision, observed: Observed, at: number): Promise<JournalEntry>;
  complete(entry: JournalEntry, result: StepResult): Promise<JournalEntry>;
  /** A step that writes nothing, once it is done: it needs no intent. */
  record(decision: Decision, observed: Observed, at: number, result: StepResult): Promise<JournalEntry>;
  perform(step: Step): Promise<StepResult>;
  /** AWS calls made so far. */
  calls(): number;
  /** From here on the calls kept for undoing may be made. */
  wayBack(): void;
  report(event: RunEvent): void;
  /** A word from this terminal (Ctrl-C), which counts like one left in the ledger. */
  interrupted(): Signal | undefined;
  /** Aborts waiting at once. */
  readonly wake: AbortSignal;
}

export type RunEvent =
  | { readonly kind: "step"; readonly step: Step; readonly observed: Observed; readonly progress: Progress }
  | { readonly kind: "result"; readonly step: Step; readonly result: StepResult; readonly ms: number }
  /** AWS was busy or did not answer; the situation is looked at again. */
  | { readonly kind: "retry"; readonly problem: string }
  | {
      readonly kind: "wait";
      readonly wait: Wait;
      readonly observed: Observed;
      readonly progress: Progress;
      /** What a person needs to see while it is waited for. */
      readonly details?: readonly string[];
    };

export interface RunOutcome {
  readonly end: End;
  readonly steps: readonly StepTiming[];
  readonly progress: Progress;
}

/** Failures in a row after which a run stops and leaves the rest to the next one. */
const mostFailures = 6;
const firstPauseMs = 500;
/** Looks in a row that must say the same before a person is asked: one answer of an AWS API may be some seconds old. */
const looksBeforeHalt = 4;

/**
 * Observe, decide, act; until the decision is that it is over. Every step that writes is journalled before it is taken.
 * A call that AWS throttled or did not answer is no reason to stop: what is true is looked at again. Calls used up on the
 * way forward are one to turn round where traffic was moved, with those that are kept for that.
 *
 * @throws SwitchyardError `call-budget` when no traffic was moved, or the calls kept for undoing are used up as well.
 */
export async function run(goal: Goal, entries: readonly JournalEntry[], io: RunIo): Promise<RunOutcome> {
  const timing = new Timing(io);
  const written = new Written();
  let progress = progressOf(entries);
  let ahead: Look | undefined;
  let spent: SwitchyardError | undefined;
  for (let failures = 0, halts = 0; ; ) {
    try {
      if (failures > 0) progress = progressOf(await io.entries());
      if (spent && !goesOnSpent(goal, progress)) throw spent;
      const look = ahead ?? lookAt(goal, progress, io);
      ahead = undefined;
      const taken = await turn(goal, progress, look, { io, timing, written, spent }, (advanced, seen) => {
        progress = advanced;
        ahead = seen;
      });
      if (taken?.kind === "end") return { end: taken, steps: timing.done(), progress };
      failures = 0;
      halts = taken ? halts + 1 : 0;
      if (taken && halts >= looksBeforeHalt) throw driftError(taken, goal);
      if (taken) await io.clock.sleep(jittered(io.pollMs), wakeOf(io));
    } catch (error) {
      failures += 1;
      if (isSpent(error) && error !== spent) {
        if (spent) throw usedUp(error, progress);
        spent = error;
        io.wayBack();
        io.report({ kind: "retry", problem: error.what });
        continue;
      }
      if (!isTransient(error) || failures > mostFailures) throw error;
      io.report({ kind: "retry", problem: `${(error as Error).name}: ${(error as Error).message}` });
      await io.clock.sleep(jittered(firstPauseMs * 2 ** failures), wakeOf(io));
    }
  }
}

function driftError({ why, fix }: Halt, { operation }: Goal): SwitchyardError {
  return new SwitchyardError("drift", { what: why, where: operation, fix });
}

function isSpent(error: unknown): error is SwitchyardError {
  return error instanceof SwitchyardError && error.code === "call-budget";
}

/** Traffic that was moved is returned, and what is recorded is finished: that is what the calls left are kept for. */
function goesOnSpent({ kind }: Goal, progress: Progress): boolean {
  if (kind !== "deploy" && kind !== "rollback" && kind !== "retire") return false;
  return progress.recorded || progress.undo !== undefined || hasMoved(progress);
}

/** The last word of a run that can make no call any more: where traffic is, as far as it knows. */
function usedUp({ what, where, fix, cause }: SwitchyardError, progress: Progress): SwitchyardError {
  return new SwitchyardError("call-budget", { what: `${what}; ${whereTrafficIs(progress)}`, where, fix, cause });
}

/** What is true, asked for at `asked`. */
interface Look {
  readonly asked: number;
  readonly seen: Promise<Observed>;
}

function lookAt(goal: Goal, progress: Progress, io: RunIo): Look {
  const asked = io.clock.now();
  const seen = io.observe(goal, progress);
  // Its failure is met where it is awaited, which may be later.
  seen.catch(() => undefined);
  return { asked, seen };
}

/** Nothing may still be asked for when a run is given up. */
async function ended({ seen }: Look, error: unknown): Promise<never> {
  await seen.catch(() => undefined);
  throw error;
}

interface TurnWith {
  readonly io: RunIo;
  readonly timing: Timing;
  readonly written: Written;
  readonly spent: SwitchyardError | undefined;
}

/** One round; the decision that ends it, if that was made. Says how far the operation has come as soon as that is known. */
async function turn(
  goal: Goal,
  progress: Progress,
  look: Look,
  { io, timing, written, spent }: TurnWith,
  advance: (progress: Progress, ahead?: Look) => void,
): Promise<End | Halt | undefined> {
  const { asked } = look;
  const seen = await look.seen;
  const signal = seen.signal ?? io.interrupted();
  const observed: Observed = { ...seen, ...(signal && { signal }), ...(spent && { spent: spent.what }) };
  const now = io.clock.now();
  const isStale = () => io.clock.now() - asked > io.freshMs;
  if (isStale()) return undefined;
  const decision = next({ goal, observed, progress, now });
  switch (decision.kind) {
    case "end":
      await io.intend(decision, observed, now);
      return isStale() ? undefined : decision;
    case "halt":
      return decision;
    case "wait":
      timing.phase(nameOf(decision));
      io.report({ kind: "wait", wait: decision, observed, progress });
      if (decision.phase === "approve" && progress.approvalAt === undefined)
        advance(fold(progress, await io.intend(decision, observed, now)));
      await io.clock.sleep(Math.min(jittered(io.pollMs), Math.max(0, decision.until - now)), wakeOf(io));
      return undefined;
    case "step": {
      const again = written.again(decision);
      if (again) return again;
      timing.phase(nameOf(decision));
      io.report({ kind: "step", step: decision, observed, progress });
      const started = performance.now();
      const intent = decision.writes.length > 0 ? await io.intend(decision, observed, now) : undefined;
      // Whether or not the step goes through, it was begun: the same as after a crash.
      if (intent) advance(fold(progress, intent));
      if (isStale()) return undefined;
      const result = await io.perform(decision);
      if (result.ok) written.add(decision);
      io.report({ kind: "result", step: decision, result, ms: performance.now() - started });
      const journalled = intent ? io.complete(intent, result) : io.record(decision, observed, now, result);
      // The world is looked at while the result is written down. Nothing is decided on that before it is.
      const ahead = lookAt(
        goal,
        fold(progress, { operation: goal.operation, seq: 0, token: 0, at: now, decision, result }),
        io,
      );
      advance(fold(progress, await journalled.catch((error) => ended(ahead, error))), ahead);
      return undefined;
    }
  }
}

/** Waking is news once: after that, waits are waits again. */
function wakeOf({ wake }: RunIo): AbortSignal | undefined {
  return wake.aborted ? undefined : wake;
}

/** AWS was busy or unreachable; asking again may well succeed. */
function isTransient(error: unknown): boolean {
  if (error instanceof SwitchyardError) return false;
  const e = error as { name?: string; code?: string; $retryable?: unknown; $metadata?: { httpStatusCode?: number } };
  return (
    e.$retryable !== undefined ||
    (e.$metadata?.httpStatusCode ?? 0) >= 500 ||
    /Throttl|TooManyRequests|RequestLimitExceeded|Timeout|ECONN|EPIPE|AbortError|TransactionConflict/.test(
      `${e.name} ${e.code}`,
    )
  );
}

function nameOf(decision: Step | Wait): string {
  return decision.kind === "step" && decision.percent !== undefined ? `shift ${decision.percent}%` : decision.phase;
}

/** Time and AWS calls by phase, in the order the phases were first met. */
class Timing {
  readonly #io: RunIo;
  readonly #phases: { name: string; ms: number; awsCalls: number }[] = [];
  #since = performance.now();
  #calls: number;

  constructor(io: RunIo) {
    this.#io = io;
    this.#calls = io.calls();
  }

  phase(name: string): void {
    this.#close();
    if (this.#phases.at(-1)?.name !== name) this.#phases.push({ name, ms: 0, awsCalls: 0 });
  }

  done(): readonly StepTiming[] {
    this.#close();
    return this.#phases.map((p) => ({ ...p, ms: Math.round(p.ms) }));
  }

  #close(): void {
    const now = performance.now();
    const calls = this.#io.calls();
    const last = this.#phases.at(-1);
    if (last) {
      last.ms += now - this.#since;
      last.awsCalls += calls - this.#calls;
    }
    this.#since = now;
    this.#calls = calls;
  }
}
