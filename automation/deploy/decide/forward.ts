import { type Colour, liveRoute } from "../../../programs/release.ts";
import { closed } from "../../../programs/routes.ts";
import type { Decision, Mutation, Probe } from "./decision.ts";
import { holdStill } from "./finish.ts";
import type { Target } from "./goal.ts";
import type { Observed, ObservedColour } from "./model.ts";
import { previewPlaces } from "./places.ts";
import { hasGroup } from "./progress.ts";
import { newPath } from "./routing.ts";
import { rehoused } from "./setups.ts";
import {
  allOn,
  detailsOf,
  giveUp,
  groupsOf,
  otherColour,
  type Planned,
  sameWeights,
  serviceGoal,
  step,
  wait,
} from "./situation.ts";

/** The idle colour checks and drains as its release was staged; a step of its own, so that busy APIs are asked little at once. */
export function setUp({ plan, progress }: Planned): Decision | undefined {
  if (progress.proved || progress.shift || progress.recorded) return undefined;
  const writes = Object.entries(plan).flatMap(([service, { to, target }]): Mutation[] => {
    const settings = target.setup?.group;
    if (!settings || hasGroup(progress, service, to, settings)) return [];
    return [{ kind: "set-group", service, colour: to, settings }];
  });
  return writes.length === 0 ? undefined : step("start", "set the idle colour up as its release was staged", writes);
}

/** Autoscaling stands still while two colours run, and the preview rule looks at the colour to be proven. */
export function prepare(s: Planned): Decision | undefined {
  const { goal, observed, plan, progress } = s;
  if (progress.proved || progress.shift || progress.recorded) return undefined;
  const writes = Object.keys(plan).flatMap((name) => holdStill(name, observed.services[name]));
  if (goal.kind === "deploy") writes.push(...previews(s), ...previewPlaces(s));
  return writes.length === 0
    ? undefined
    : step("start", "hold autoscaling still, point the preview rule at the idle colour", writes);
}

/** The preview rules look at the idle colours, where these are to be; nobody else's is left before one of them. */
function previews({ observed, plan }: Planned): readonly Mutation[] {
  return Object.entries(observed.services).flatMap(([service, { preview, rules }]): Mutation[] => {
    const { live } = observed.release.services[service] ?? {};
    const move = plan[service];
    const to = move?.to ?? (live ? otherColour(live) : "blue");
    // Of a service that has no release, or none any more, there is nothing to look at.
    const idle = live ? liveRoute(observed.release.services[service])?.path : closed;
    const path = move ? move.target.setup?.route.path : idle;
    const isElsewhere = rules !== undefined && path !== undefined && rules.preview.takes !== path;
    if (!isElsewhere && (!move || sameWeights(preview, allOn(to)))) return [];
    const write = { kind: "set-weights", service, rule: "preview", weights: allOn(to) } as const;
    return [{ ...write, ...(isElsewhere && { takes: path }) }];
  });
}

/** The idle colour gets the target's task definition and the live colour's size. */
export function start(s: Planned): Decision | undefined {
  const { goal, observed, plan, progress } = s;
  if (progress.proved || progress.shift || progress.recorded) return undefined;
  const writes: Mutation[] = [];
  for (const [service, { to, target }] of Object.entries(plan)) {
    const idle = observed.services[service]?.[to];
    if (!idle) return giveUp(`${service} is not in the observed environment`);
    const desired = sizeFor(s, service);
    const isTarget = idle.taskDefinitionArn === target.taskDefinitionArn;
    // ECS starts no more tasks for a deployment it gave up, not even of a count raised from zero.
    const gaveUp = !progress.started && failure(idle, goal.limits.failedTasks) !== undefined;
    // What a hand has set there otherwise is not what was released.
    const isSet = progress.started === true || rehoused(idle, target.setup).length === 0;
    if (isTarget && idle.desired >= desired && !gaveUp && isSet) continue;
    if (!isTarget && progress.started)
      return giveUp(`${service} ${target.version} (${to}) did not become healthy and ECS went back`, detailsOf(s));
    const { taskDefinitionArn } = target;
    writes.push({
      kind: "update-service",
      service,
      colour: to,
      taskDefinitionArn,
      desired,
      reconfigure: !isTarget || gaveUp,
      ...((!isTarget || gaveUp || !isSet) && target.setup && { setup: target.setup }),
    });
  }
  if (writes.length === 0) return undefined;
  const what = writes.map((w) => (w.kind === "update-service" ? `${w.service} ${w.colour} × ${w.desired}` : ""));
  return step("start", what.join(", "), writes);
}

/**
 * What the live colour runs now. A first release takes its size from configuration, or from what it takes over: another
 * service, or itself before it was retired.
 */
function sizeFor({ goal, observed, plan }: Planned, name: string): number {
  const from = plan[name]?.from;
  const { desiredCount = 1, replaces = "" } = serviceGoal(goal, name) ?? {};
  if (from) return Math.max(1, running(observed, name, from));
  const old = observed.release.services[replaces]?.live;
  const { tasks = 0 } = observed.release.services[name]?.retired ?? {};
  return Math.max(1, desiredCount, tasks, old ? running(observed, replaces, old) : 0);
}

function running({ services }: Observed, name: string, colour: Colour): number {
  const { desired = 0, running = 0 } = services[name]?.[colour] ?? {};
  return Math.max(desired, running);
}

export function awaitHealthy(s: Planned): Decision | undefined {
  const { goal, observed, plan, progress, now } = s;
  if (progress.proved || progress.shift || progress.recorded) return undefined;
  const waiting: string[] = [];
  for (const [name, { to, target }] of Object.entries(plan)) {
    const idle = observed.services[name]?.[to];
    if (!idle) return giveUp(`${name} is not in the observed environment`);
    const bad = failure(idle, goal.limits.failedTasks);
    if (bad) return giveUp(`${name} ${target.version} (${to}) does not become healthy: ${bad}`, detailsOf(s));
    if (!ready(idle, target)) waiting.push(`${name} ${to} ${idle.healthy}/${idle.desired} healthy`);
  }
  if (waiting.length === 0) return undefined;
  const until = (progress.startedAt ?? progress.plannedAt ?? now) + goal.limits.healthyMs;
  if (now >= until) {
    const limit = Math.round(goal.limits.healthyMs / 1000);
    return giveUp(`not healthy within ${limit} s: ${waiting.join(", ")}`, detailsOf(s));
  }
  return wait("healthy", waiting.join(", "), until);
}

/** Why a colour will not get well by waiting; undefined while it still may. */
export function failure(colour: ObservedColour, limit: number): string | undefined {
  if (colour.rollout === "FAILED") return "ECS gave the deployment up";
  return colour.failedTasks >= limit ? `${colour.failedTasks} tasks failed` : undefined;
}

function ready(colour: ObservedColour, target: Target): boolean {
  return (
    colour.taskDefinitionArn === target.taskDefinitionArn &&
    colour.rollout !== "IN_PROGRESS" &&
    colour.desired > 0 &&
    colour.running >= colour.desired &&
    colour.healthy >= colour.desired
  );
}

export function prove(s: Planned): Decision | undefined {
  const { goal, plan, progress } = s;
  if (goal.kind !== "deploy" || progress.proved || progress.shift || progress.recorded) return undefined;
  const late = lateOnes(s);
  return proofOf(
    s,
    Object.keys(plan).filter((name) => !late.includes(name)),
  );
}

/** Those of a group that were not proven with the others. */
export function proveLate(s: Planned, group: readonly string[]): Decision | undefined {
  const { goal, progress } = s;
  if (goal.kind !== "deploy" || progress.recorded) return undefined;
  const late = lateOnes(s).filter((name) => group.includes(name) && !progress.proven.includes(name));
  return late.length === 0 ? undefined : proofOf(s, late);
}

/** What comes after a service with a new path: only once that answers there, checks that ask for it can pass. */
function lateOnes({ goal, plan }: Planned): readonly string[] {
  const groups = groupsOf(goal, plan);
  const first = groups.findIndex((group) => group.some((name) => plan[name] && newPath(plan[name]) !== undefined));
  return first === -1 ? [] : groups.slice(first + 1).flat();
}

function proofOf({ plan }: Planned, names: readonly string[]): Decision {
  const probes = names.flatMap((service): Probe[] => {
    const target = plan[service]?.target;
    return target ? [{ kind: "prove-preview", service, target }] : [];
  });
  return { ...step("prove", "check the new version through the preview rule", []), probes };
}

export function approve({ goal, progress, observed, now }: Planned): Decision | undefined {
  if (goal.kind !== "deploy" || !goal.approval || progress.approved || progress.shift || progress.recorded)
    return undefined;
  if (observed.signal?.kind === "promote")
    return { ...step("approve", `approved by ${observed.signal.by}`, []), signal: observed.signal };
  const until = (progress.approvalAt ?? now) + goal.limits.approvalMs;
  if (now >= until) return giveUp(`not approved within ${Math.round(goal.limits.approvalMs / 60_000)} min`);
  return wait("approve", "a person's approval", until);
}
