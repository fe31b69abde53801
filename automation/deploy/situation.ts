import type { Colour } from "../../programs/release.ts";
import type { End, Goal, Mutation, Observed, Phase, ServiceGoal, ServicePlan, Step, Wait, Weights } from "./model.ts";
import type { Progress } from "./progress.ts";

export interface Situation {
  readonly goal: Goal;
  readonly observed: Observed;
  readonly progress: Progress;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A situation in which each service's way is known. */
export interface Planned extends Situation {
  readonly plan: Readonly<Record<string, ServicePlan>>;
}

/**
 * True when the ledger says what this operation would record, although its journal does not: the write's answer was lost,
 * or its writer died. What is recorded is finished, never undone.
 */
export function recordedUnnoticed({ observed, progress }: Pick<Situation, "observed" | "progress">): boolean {
  if (progress.recorded || progress.undo !== undefined || !progress.plan) return false;
  return Object.entries(progress.plan).every(([name, { to, target }]) => {
    const release = observed.release.services[name];
    return release?.live === to && release[to]?.release === target.release;
  });
}

/** True for a way back, to the other colour or to a recorded release: what is left may be bad, and what comes is known. */
export function isReturn(goal: Goal): boolean {
  return goal.kind === "rollback" || (goal.kind === "deploy" && goal.migrations !== undefined);
}

/** Now by AWS's clock: what one machine writes down another may read. */
export function awsNow({ now, observed }: Pick<Situation, "now" | "observed">): number {
  return now - (observed.skewMs ?? 0);
}

export function otherColour(colour: Colour): Colour {
  return colour === "blue" ? "green" : "blue";
}

export function allOn(colour: Colour): Weights {
  return colour === "blue" ? { blue: 100, green: 0 } : { blue: 0, green: 100 };
}

/** Weights that send everyone to one colour, from the other one too: at once, whatever a cookie says. */
export function backTo(service: string, colour: Colour): Extract<Mutation, { kind: "set-weights" }> {
  return { kind: "set-weights", service, rule: "production", weights: allOn(colour), alone: true };
}

/** When weights this operation wrote last are surely in force, by this machine's clock; undefined when it wrote none. */
export function propagatedAt({ goal, observed, progress }: Situation, service: string): number | undefined {
  const at = progress.weights[service]?.at;
  return at === undefined ? undefined : at + goal.limits.propagationMs + (observed.skewMs ?? 0);
}

export function sameWeights(a: Weights, b: Weights): boolean {
  return a.blue === b.blue && a.green === b.green;
}

export function showWeights({ blue, green }: Weights): string {
  return `blue ${blue} green ${green}`;
}

export function serviceGoal(goal: Goal, name: string): ServiceGoal | undefined {
  return goal.services.find((service) => service.name === name);
}

export function step(phase: Phase, why: string, writes: readonly Mutation[]): Step {
  return { kind: "step", phase, why, writes };
}

export function wait(phase: Phase, why: string, until: number): Wait {
  return { kind: "wait", phase, why, until };
}

/** Waits until weights that were written are surely in force, as `propagatedAt` says of each of these services. */
export function awaitPropagation(s: Situation, phase: Phase, names: readonly string[]): Wait {
  const until = Math.max(...names.map((name) => propagatedAt(s, name) ?? 0));
  return wait(phase, `${names.join(", ")}: weights to be in force on every node of the load balancer`, until);
}

export function end(outcome: End["outcome"], why: string): End {
  return { kind: "end", outcome, why };
}

export function giveUp(reason: string, more: Pick<Step, "signal" | "details"> = {}): Step {
  return { ...step("undo", reason, []), undo: reason, ...more };
}

/** What AWS says of the colours under way, for a person who has to find the cause. */
export function detailsOf(s: Planned): Pick<Step, "details"> {
  const details = Object.entries(s.plan).flatMap(([name, { to }]) =>
    (s.observed.services[name]?.[to].reasons ?? []).map((reason) => `${name}: ${reason}`),
  );
  return details.length === 0 ? {} : { details };
}
