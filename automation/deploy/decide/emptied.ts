/** What a hand leaves without tasks in the midst of an operation: the colour that traffic comes from. */

import type { Decision, Mutation } from "./decision.ts";
import { isWithin, nearestWithin } from "./drift.ts";
import { allOn, backTo, type Planned, type Situation, sameWeights, step, wait } from "./situation.ts";

/** The planned services whose live colour was emptied: none of their requests to it is answered. */
export function emptied({ observed, progress }: Situation, plan = progress.plan ?? {}): readonly string[] {
  return Object.entries(plan).flatMap(([name, { from }]) => {
    const colour = from && observed.services[name]?.[from];
    const { scale, live } = observed.release.services[name] ?? {};
    if (!colour || live !== from || colour.desired > 0) return [];
    return scale && isWithin(scale, 0) ? [] : [name];
  });
}

/**
 * Traffic goes to the new colour, which answers, until the old one's tasks are there again; they are started as many as the
 * new colour has, within the ledger's bounds.
 */
export function refill(s: Planned, reason: string): Decision | undefined {
  const { observed, plan, progress } = s;
  const names = emptied(s, plan);
  const away = names.flatMap((name): Mutation[] => {
    const move = plan[name];
    const service = observed.services[name];
    if (!move || !service || service[move.to].healthy === 0) return [];
    const written = progress.weights[name];
    const isThere = sameWeights(service.weights, allOn(move.to)) && written?.intended === undefined;
    return !written || isThere ? [] : [backTo(name, move.to)];
  });
  if (away.length > 0) return step("undo", `traffic to what has tasks: ${reason}`, away);
  const counts = names.flatMap((name): Mutation[] => {
    const { from, to = "blue" } = plan[name] ?? {};
    const { scale, ...release } = observed.release.services[name] ?? {};
    const service = observed.services[name];
    const taskDefinitionArn = from && release[from]?.taskDefinitionArn;
    if (!service || !taskDefinitionArn || service[from].gone === "ECS service") return [];
    const desired = nearestWithin(scale, Math.max(1, service[to].desired));
    return [{ kind: "update-service", service: name, colour: from, taskDefinitionArn, desired, reconfigure: false }];
  });
  return counts.length === 0 ? undefined : step("undo", "start the old colour's tasks again", counts);
}

/** True while tasks that were started again are not all healthy. */
export function isRefilling({ observed, plan, progress }: Planned, name: string): boolean {
  const { from } = plan[name] ?? {};
  const colour = from && observed.services[name]?.[from];
  return colour !== undefined && progress.refilled?.includes(name) === true && colour.healthy < colour.desired;
}

/** Also where no traffic had moved: what serves is to be whole again when the operation ends, if it can be. */
export function awaitRefilled(s: Planned): Decision | undefined {
  const until = (s.progress.undoAt ?? s.now) + s.goal.limits.healthyMs;
  const names = Object.keys(s.plan).filter((name) => isRefilling(s, name));
  if (names.length === 0 || s.now >= until) return undefined;
  return wait("undo", `${names.join(", ")} to have all tasks healthy`, until);
}
