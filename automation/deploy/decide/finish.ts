import { type Colour, colours } from "../../../programs/release.ts";
import type { Decision, Mutation } from "./decision.ts";
import { released } from "./documents.ts";
import type { Goal } from "./goal.ts";
import type { ObservedService } from "./model.ts";
import { end, movedBy, otherColour, type Planned, serviceGoal, step } from "./situation.ts";

export function finish(s: Planned): Decision {
  const { goal, observed, plan, progress } = s;
  const moved = movedBy(goal);
  if (!progress.recorded)
    return step("finish", `record that ${goal.version} is live`, [{ kind: "record-release", document: released(s) }]);
  const writes = Object.entries(plan).flatMap(([name, { to }]) =>
    scalingWrites(goal, name, observed.services[name], to),
  );
  if (writes.length > 0) return step("finish", "let autoscaling run on the live colour", writes);
  const others = goal.services.some(({ name }) => observed.release.services[name]?.live && !moved.includes(name));
  return end("succeeded", `${goal.version} serves 100%${others ? ` of ${moved.join(" and ")}` : ""}`);
}

/** The live colour scales within its configured bounds, the idle one not at all. */
export function scalingWrites(
  goal: Goal,
  service: string,
  observed: ObservedService | undefined,
  live: Colour,
): Mutation[] {
  const bounds = serviceGoal(goal, service)?.scaling;
  if (!bounds || !observed) return [];
  const writes: Mutation[] = [];
  const active = observed[live].scaling;
  if (active && (active.suspended || active.min !== bounds.min || active.max !== bounds.max))
    writes.push({ kind: "set-scaling", service, colour: live, bounds: { ...bounds, suspended: false } });
  const idle = observed[otherColour(live)].scaling;
  if (idle && !idle.suspended)
    writes.push({ kind: "set-scaling", service, colour: otherColour(live), bounds: { ...idle, suspended: true } });
  return writes;
}

/** Autoscaling of both colours stands still, where it does not yet. */
export function holdStill(service: string, seen: ObservedService | undefined): Mutation[] {
  return colours.flatMap((colour): Mutation[] => {
    const bounds = seen?.[colour].scaling;
    if (!bounds || bounds.suspended) return [];
    return [{ kind: "set-scaling", service, colour, bounds: { ...bounds, suspended: true } }];
  });
}
