import { isDeepStrictEqual } from "node:util";
import type { Colour, Deployed } from "../../../programs/release.ts";
import type { End, Mutation, Phase, Step, Wait } from "./decision.ts";
import type { Goal, ServiceGoal, Target } from "./goal.ts";
import type { Observed, ServicePlan, Weights } from "./model.ts";
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
export function recordedUnnoticed({ goal, observed, progress }: Omit<Situation, "now">): boolean {
  if (progress.recorded || progress.undo !== undefined) return false;
  if (goal.kind === "retire") return observed.release.services[goal.retires]?.retired !== undefined;
  if (!progress.plan) return false;
  return Object.entries(progress.plan).every(([name, { to, target }]) => {
    const release = observed.release.services[name];
    const held = release?.live === to ? release[to] : undefined;
    // What was adopted since may be this release, and still have another route.
    return held?.release === target.release && isDeepStrictEqual(held.setup?.route, target.setup?.route);
  });
}

/** The services whose colour under way was adopted as live since, with another release: it is nothing to change any more. */
export function adoptedOver({ observed, progress }: Situation): readonly string[] {
  if (progress.recorded) return [];
  return Object.entries(progress.plan ?? {}).flatMap(([name, { to, target }]) => {
    const { live, ...held } = observed.release.services[name] ?? {};
    return live === to && held[to]?.release !== target.release ? [`${name} ${to}`] : [];
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

/** Of what is recorded, what a colour is to run. */
export function targetOf({ digest, version, taskDefinitionArn, release, ...more }: Target | Deployed): Target {
  const { migrations, setup } = more;
  return { digest, version, taskDefinitionArn, release, ...(migrations && { migrations }), ...(setup && { setup }) };
}

export function sameWeights(a: Weights, b: Weights): boolean {
  return a.blue === b.blue && a.green === b.green;
}

export function showWeights({ blue, green }: Weights): string {
  return `blue ${blue} green ${green}`;
}

/** The services' names in shifting order, one group for each order number. */
export function groupsOf(goal: Goal, plan: Planned["plan"]): readonly (readonly string[])[] {
  const byOrder = new Map<number, string[]>();
  for (const { name, order } of goal.services)
    if (plan[name]) byOrder.set(order, [...(byOrder.get(order) ?? []), name]);
  return [...byOrder.entries()].sort(([a], [b]) => a - b).map(([, names]) => names);
}

export function serviceGoal(goal: Goal, name: string): ServiceGoal | undefined {
  return goal.services.find((service) => service.name === name);
}

/** The services an operation may move: a deploy those it has images for. */
export function movedBy(goal: Goal): readonly string[] {
  const names = goal.services.map(({ name }) => name);
  if (goal.kind === "deploy") return names.filter((name) => goal.images[name] !== undefined);
  return goal.kind === "rollback" ? names.filter((name) => goal.only?.includes(name) ?? true) : names;
}

/** The services an operation may move, where those are not all. */
export function partOf(goal: Goal): readonly string[] | undefined {
  const moved = movedBy(goal);
  return moved.length === goal.services.length ? undefined : moved;
}

/** `v3`, or `v3 (api)` of an operation of some services alone. */
export function versionOf(goal: Goal): string {
  const part = partOf(goal);
  return part === undefined ? goal.version : `${goal.version} (${part.join(", ")})`;
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
