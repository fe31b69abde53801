import { colours } from "../../programs/release.ts";
import type { Decision, Mutation, ObservedColour, Probe, Target } from "./model.ts";
import { allOn, detailsOf, giveUp, type Planned, sameWeights, serviceGoal, step, wait } from "./situation.ts";

/** Autoscaling stands still while two colours run, and the preview rule looks at the colour to be proven. */
export function prepare({ goal, observed, plan, progress }: Planned): Decision | undefined {
  if (progress.proved || progress.shift || progress.recorded) return undefined;
  const writes: Mutation[] = [];
  for (const [name, { to }] of Object.entries(plan)) {
    const service = observed.services[name];
    if (!service) continue;
    for (const colour of colours) {
      const scaling = service[colour].scaling;
      if (scaling && !scaling.suspended)
        writes.push({ kind: "set-scaling", service: name, colour, bounds: { ...scaling, suspended: true } });
    }
    if (goal.kind === "deploy" && !sameWeights(service.preview, allOn(to)))
      writes.push({ kind: "set-weights", service: name, rule: "preview", weights: allOn(to) });
  }
  return writes.length === 0
    ? undefined
    : step("start", "hold autoscaling still, point the preview rule at the idle colour", writes);
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
    if (isTarget && idle.desired >= desired && !gaveUp) continue;
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
    });
  }
  if (writes.length === 0) return undefined;
  const what = writes.map((w) => (w.kind === "update-service" ? `${w.service} ${w.colour} × ${w.desired}` : ""));
  return step("start", what.join(", "), writes);
}

/** What the live colour runs now; a first release takes its size from configuration. */
function sizeFor({ goal, observed, plan }: Planned, name: string): number {
  const from = plan[name]?.from;
  const live = from && observed.services[name]?.[from];
  const configured = serviceGoal(goal, name)?.desiredCount ?? 1;
  return Math.max(1, live ? Math.max(live.desired, live.running) : configured);
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

export function prove({ goal, plan, progress }: Planned): Decision | undefined {
  if (goal.kind !== "deploy" || progress.proved || progress.shift || progress.recorded) return undefined;
  const probes = Object.entries(plan).map(
    ([service, { target }]): Probe => ({ kind: "prove-preview", service, target }),
  );
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
