import type { Colour } from "../../../programs/release.ts";
import type { Decision, Mutation, Probe } from "./decision.ts";
import { failure, proveLate } from "./forward.ts";
import type { Goal } from "./goal.ts";
import type { Weights } from "./model.ts";
import { place } from "./places.ts";
import { newPath, shareOf } from "./routing.ts";
import { detailsOf, giveUp, groupsOf, isReturn, type Planned, step, wait } from "./situation.ts";

/** Shares of the new colour, in percent, one a step; the last is 100. */
export function schedule(strategy: Goal["strategy"]): readonly number[] {
  if (strategy.kind === "all-at-once") return [100];
  if (strategy.kind === "canary") return [strategy.percent, 100];
  const steps: number[] = [];
  for (let share = strategy.stepPercent; share < 100; share += strategy.stepPercent) steps.push(share);
  return [...steps, 100];
}

/** How long each step before the last one is watched, in milliseconds. */
export function bakeOf(strategy: Goal["strategy"]): number {
  if (strategy.kind === "all-at-once") return 0;
  return strategy.kind === "canary" ? strategy.bakeMs : strategy.everyMs;
}

/** Group after group, share after share: write and prove on the data plane, bake, go on. */
export function shift(s: Planned): Decision | undefined {
  const { goal, plan, progress } = s;
  if (progress.recorded) return undefined;
  const early = sickUnderTraffic(s) ?? untilQuiet(s) ?? place(s, "first");
  if (early) return early;
  for (const group of groupsOf(goal, plan)) {
    const late = proveLate(s, group);
    if (late) return late;
    for (const percent of schedule(goal.strategy)) {
      const decision = toShare(s, group, percent);
      if (decision) return decision;
    }
  }
  const late = place(s, "last");
  if (late) return late;
  // A first release finds its weights where they belong: nothing was shifted, but it is proven all the same.
  return progress.verified || progress.shift ? finalBake(s) : verify(s, Object.keys(plan), 100);
}

/** The old colour is still warm and the release not recorded: what goes wrong with all of the traffic is still undone. */
function finalBake({ goal, plan, progress: { shift }, now }: Planned): Decision | undefined {
  if (!shift || isReturn(goal)) return undefined;
  const baked = (shift.provenAt ?? shift.at) + goal.limits.finalBakeMs;
  return now < baked ? wait("bake", `${Object.keys(plan).join(", ")} at 100%`, baked) : undefined;
}

function toShare(s: Planned, all: readonly string[], percent: number): Decision | undefined {
  const { goal, progress, now } = s;
  const group = percent === 100 ? all : all.filter((name) => pathOf(s, name) === undefined);
  const behind = group.filter((name) => share(s, name) < percent);
  if (behind.length > 0) {
    const unready = behind.filter((name) => !hasCapacity(s, name));
    if (unready.length > 0) return waitForCapacity(s, unready);
    const writes = behind.map((service) => toward(s, service, percent));
    const probes = proofs(s, behind, percent);
    return { ...step("shift", `${behind.join(", ")} ${percent}%`, writes), percent, probes };
  }
  if (!isLatest(s, group, percent)) return undefined;
  if (!progress.verified) return verify(s, group, percent);
  const baked = (progress.shift?.at ?? now) + bakeOf(goal.strategy);
  return percent < 100 && now < baked ? wait("bake", `${group.join(", ")} at ${percent}%`, baked) : undefined;
}

/** Clients that a cookie keeps on the old colour are left there, but where nobody is to be, or it knows no such path. */
function toward(s: Planned, service: string, percent: number): Mutation {
  const weights = split(s.plan[service]?.to ?? "blue", percent);
  const takes = pathOf(s, service);
  const leaves = percent === 100 && (isReturn(s.goal) || takes !== undefined);
  const write = { kind: "set-weights", service, rule: "production", weights } as const;
  return { ...write, ...(takes !== undefined && { takes }), ...(leaves && { alone: true }) };
}

function pathOf({ plan }: Planned, name: string): string | undefined {
  const move = plan[name];
  return move && newPath(move);
}

function share(s: Planned, name: string): number {
  return shareOf(s.plan[name], s.observed.services[name]);
}

function split(to: Colour, percent: number): Weights {
  return to === "blue" ? { blue: percent, green: 100 - percent } : { blue: 100 - percent, green: percent };
}

function isLatest(s: Planned, group: readonly string[], percent: number): boolean {
  const last = s.progress.shift;
  return last !== undefined && last.percent === percent && last.services.some((name) => group.includes(name));
}

function hasCapacity(s: Planned, name: string): boolean {
  const move = s.plan[name];
  const idle = move && s.observed.services[name]?.[move.to];
  return idle !== undefined && idle.healthy >= Math.max(1, idle.desired);
}

function waitForCapacity(s: Planned, names: readonly string[]): Decision {
  const until =
    (s.progress.shift?.at ?? s.progress.startedAt ?? s.progress.plannedAt ?? s.now) + s.goal.limits.healthyMs;
  if (s.now >= until) return giveUp(`${names.join(", ")} lost healthy tasks before the shift`, detailsOf(s));
  return wait("healthy", `${names.join(", ")} to have all tasks healthy`, until);
}

/** Traffic goes back at once when the new colour cannot carry it or does worse than the old one. */
function sickUnderTraffic(s: Planned): Decision | undefined {
  for (const [name, { to, from, home }] of Object.entries(s.plan)) {
    if ((from === undefined && home === undefined) || share(s, name) === 0) continue;
    const colour = s.observed.services[name]?.[to];
    if (colour && colour.healthy === 0)
      return giveUp(`${name} ${to} has no healthy task left under traffic`, detailsOf(s));
    const bad = colour && failure(colour, s.goal.limits.failedTasks);
    if (bad) return giveUp(`${name} ${to}: ${bad}`, detailsOf(s));
  }
  // An alarm is often why someone rolls back: it must not send traffic back to where it went off.
  if (s.observed.breach === undefined || !s.progress.shift || s.goal.kind === "rollback") return undefined;
  return giveUp(s.observed.breach);
}

/**
 * How long alarms have to be over after the start: the environment's look at two minutes, which CloudWatch may be as long
 * again in having (CloudWatch, "Using Amazon CloudWatch alarms").
 */
const alarmsOverMs = 300_000;

/** What a slow start set off says nothing of the new version; after the first share it would turn the release back. */
function untilQuiet({ goal, observed: { breach }, progress, now }: Planned): Decision | undefined {
  if (breach === undefined || progress.shift || isReturn(goal)) return undefined;
  const until = (progress.startedAt ?? progress.plannedAt ?? now) + goal.limits.healthyMs + alarmsOverMs;
  return now < until ? wait("healthy", `${breach}: to be over before traffic moves`, until) : giveUp(breach);
}

/** For a share that was written without being proven: the process died in between, or the answer to the write was lost. */
function verify(s: Planned, names: readonly string[], percent: number): Decision {
  const why = `${names.join(", ")} answer as the weights say (${percent}%)`;
  return { ...step("verify", why, []), probes: proofs(s, names, percent) };
}

function proofs(s: Planned, names: readonly string[], percent: number): readonly Probe[] {
  return names.flatMap((service): Probe[] => {
    const move = s.plan[service];
    if (!move) return [];
    const old = move.from && s.observed.release.services[service]?.[move.from]?.release;
    return [{ kind: "prove-traffic", service, percent, target: move.target, others: old ? [old] : [] }];
  });
}
