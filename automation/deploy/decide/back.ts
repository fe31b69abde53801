import { closed } from "../../../programs/routes.ts";
import type { Decision, Mutation, Probe } from "./decision.ts";
import { hasStaged, withoutNext } from "./documents.ts";
import { awaitRefilled, isRefilling, refill } from "./emptied.ts";
import { scalingWrites } from "./finish.ts";
import type { ObservedColour, ServicePlan } from "./model.ts";
import { placeBack } from "./places.ts";
import { hasGroup, type WrittenRule } from "./progress.ts";
import { newPath } from "./routing.ts";
import {
  allOn,
  awaitPropagation,
  awsNow,
  backTo,
  end,
  type Planned,
  propagatedAt,
  type Situation,
  sameWeights,
  step,
  targetOf,
  wait,
} from "./situation.ts";

type SetWeights = Extract<Mutation, { kind: "set-weights" }>;

/**
 * Traffic first, then autoscaling, the ledger, and the idle colour; each only where it is not yet as it was. A colour that
 * had traffic is stopped last: when the weights are surely in force everywhere, and the old version was seen to answer.
 * Where it was not, what left keeps its tasks: whatever still reaches it is answered, and the undoing ends all the same.
 */
export function turnBack(s: Situation, reason: string): Decision {
  const { goal, observed, progress } = s;
  // What was adopted since as live is nothing to take traffic from, or to stop.
  const planned = Object.entries(progress.plan ?? {});
  const plan = Object.fromEntries(planned.filter(([name, { to }]) => observed.release.services[name]?.live !== to));
  const way: Planned = { ...s, plan };
  const again = refill(way, reason);
  if (again) return again;
  const places = placeBack(way);
  if (places && progress.order === "last") return places;
  const back = Object.entries(plan).flatMap(([name, move]) => (isHome(way, name) ? [] : [homeward(name, move)]));
  const lost = back.flatMap(({ service }) => (canReturn(way, service) ? [] : [service]));
  if (lost.length > 0) return awaitTasks(s, `${lost.join(", ")}: the old colour`, reason);
  // What answers is asked when the rules are back in their places too.
  const proof = (of: readonly string[]) => ({ probes: proofs(way, of) });
  const names = back.map(({ service }) => service);
  if (back.length > 0) return { ...step("undo", `return traffic: ${reason}`, back), ...(!places && proof(names)) };
  if (places) return places.kind === "step" ? { ...places, ...proof(Object.keys(progress.weights)) } : places;
  const scaling = Object.entries(plan).flatMap(([name, { from }]) =>
    from ? scalingWrites(goal, name, observed.services[name], from) : [],
  );
  const short = awaitRefilled(way);
  if (short) return short;
  if (scaling.length > 0) return step("undo", "let autoscaling run on the live colour", scaling);
  if (goal.kind === "deploy" && hasStaged(observed.release))
    return step("undo", "stage the live version again", [
      { kind: "record-release", document: withoutNext(observed.release) },
    ]);
  return stopLeft(way) ?? end("failed", reasonOf(progress, reason));
}

/** Idle colours that had no traffic go back at once, the others when nothing can reach them any more. */
function stopLeft(s: Planned): Decision | undefined {
  const { plan, progress, now } = s;
  const restore = Object.entries(plan).map(([name, move]) => ({ name, writes: restoreIdle(s, name, move) }));
  const due = restore.filter(({ name }) => (propagatedAt(s, name) ?? 0) <= now && !isUnproven(progress, name));
  const writes = due.flatMap((r) => r.writes);
  if (writes.length > 0) return step("undo", "put the idle colour back as it was", writes);
  const left = restore.filter((r) => r.writes.length > 0 && !isUnproven(progress, r.name)).map(({ name }) => name);
  return left.length === 0 ? undefined : awaitPropagation(s, "undo", left);
}

/** True for a colour that had traffic, when the old version was not seen to answer in its place. */
function isUnproven({ unproven, weights }: Situation["progress"], name: string): boolean {
  return unproven !== undefined && weights[name] !== undefined;
}

function reasonOf({ unproven }: Situation["progress"], reason: string): string {
  if (unproven === undefined) return reason;
  return `${reason}; traffic went back, but the old version was not seen to answer (${unproven}): the new one's tasks keep running until the next deploy or sweep`;
}

/** All requests to the old colour, at the path it was released with; to nothing where there is none. */
function homeward(name: string, move: ServicePlan): SetWeights {
  const { from, to, home } = move;
  if (from === undefined)
    return { kind: "set-weights", service: name, rule: "production", weights: allOn(to), takes: closed };
  const takes = newPath(move) === undefined ? undefined : home?.takes;
  return { ...backTo(name, from), ...(takes !== undefined && { takes }) };
}

/** Soft: the way back must not stick to a proof that an old version, sick itself, cannot give. */
function proofs({ observed, plan }: Planned, names: readonly string[]): readonly Probe[] {
  return names.flatMap((service): Probe[] => {
    const { from, target } = plan[service] ?? {};
    const path = target?.setup?.route.path;
    if (from === undefined)
      return target && path ? [{ kind: "prove-left", service, path, release: target.release, soft: true }] : [];
    const old = observed.release.services[service]?.[from];
    if (!old) return [];
    return [{ kind: "prove-traffic", service, percent: 100, target: targetOf(old), others: [], soft: true }];
  });
}

/** Weights read as home prove nothing while a write of this operation may still come into force, or was not yet seen. */
function isHome({ observed, plan, progress }: Planned, name: string): boolean {
  const service = observed.services[name];
  const move = plan[name];
  if (!service || !move || (move.from === undefined && move.home === undefined)) return true;
  const { known, intended } = progress.weights[name] ?? {};
  const { weights, takes } = homeward(name, move);
  const isThere = (is: WrittenRule) =>
    (move.from === undefined || sameWeights(is, weights)) && (takes === undefined || is.takes === takes);
  const settled = intended === undefined && (known === undefined || isThere(known));
  return settled && isThere({ ...service.weights, ...service.rules?.production });
}

/**
 * Users are better served by tasks that are refused than by none: an old colour without a healthy task is waited for. One
 * that was emptied and started again has to carry everybody.
 */
function canReturn(s: Planned, name: string): boolean {
  const { observed, plan } = s;
  const service = observed.services[name];
  const move = plan[name];
  if (!service || !move?.from || service[move.to].healthy === 0) return true;
  return service[move.from].healthy > 0 && !isRefilling(s, name);
}

/** @param who What has no healthy task. */
export function awaitTasks({ goal, progress, now }: Situation, who: string, reason: string): Decision {
  const until = (progress.undoAt ?? now) + goal.limits.healthyMs;
  const why = `${who} has too few healthy tasks to return traffic to (${reason})`;
  if (now < until) return wait("undo", why, until);
  return { kind: "halt", why, fix: "bring its tasks back (`switchyard status` shows them), then run this again" };
}

/** The idle colour goes back to the release it held, running if that one was still kept warm, else to none. */
function restoreIdle(s: Situation, name: string, move: ServicePlan): Mutation[] {
  const { observed, progress } = s;
  const idle = observed.services[name]?.[move.to];
  // What a hand has deleted is stopped.
  if (idle?.gone === "ECS service") return [];
  if (!idle || move.from === undefined) return stopFirst(name, move, idle);
  const warmUntil = observed.release.services[name]?.warmUntil;
  const { before } = move;
  const isLost = before !== undefined && progress.inactive?.includes(before.taskDefinitionArn) === true;
  const warm = before !== undefined && !isLost && warmUntil !== undefined && Date.parse(warmUntil) > awsNow(s);
  const desired = warm ? move.beforeDesired : 0;
  // What it held cannot be started any more where a hand has deregistered it.
  const held = isLost ? undefined : before?.taskDefinitionArn;
  const arn = held ?? idle.taskDefinitionArn ?? move.target.taskDefinitionArn;
  const settings = restoreGroup(s, name, move);
  if (idle.desired === desired && idle.taskDefinitionArn === arn) return settings;
  const reconfigure = idle.taskDefinitionArn !== arn;
  const setup = reconfigure ? move.before?.setup : undefined;
  const restored = { kind: "update-service", service: name, colour: move.to, taskDefinitionArn: arn } as const;
  return [...settings, { ...restored, desired, reconfigure, ...(setup && { setup }) }];
}

/** Its target group checks again as the release it holds was proven with. */
function restoreGroup({ progress }: Situation, name: string, move: ServicePlan): Mutation[] {
  const settings = move.before?.setup?.group;
  if (!progress.groups[name] || !settings || hasGroup(progress, name, move.to, settings)) return [];
  return [{ kind: "set-group", service: name, colour: move.to, settings }];
}

/** A first release that failed leaves nothing running. */
function stopFirst(name: string, move: ServicePlan, idle: ObservedColour | undefined): Mutation[] {
  if (!idle || idle.desired === 0) return [];
  const arn = idle.taskDefinitionArn ?? move.target.taskDefinitionArn;
  return [
    {
      kind: "update-service",
      service: name,
      colour: move.to,
      taskDefinitionArn: arn,
      desired: 0,
      reconfigure: false,
    },
  ];
}
