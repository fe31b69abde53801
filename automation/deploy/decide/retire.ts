import { type Colour, colours, type Deployed, type ReleaseDocument } from "../../../programs/release.ts";
import { closed, covers } from "../../../programs/routes.ts";
import { awaitTasks } from "./back.ts";
import type { Decision, Mutation, Probe } from "./decision.ts";
import { miscounted } from "./drift.ts";
import { holdStill } from "./finish.ts";
import type { RetireGoal } from "./goal.ts";
import type { Observed, ObservedService } from "./model.ts";
import { hasMoved } from "./outcome.ts";
import { allOn, awaitPropagation, end, giveUp, propagatedAt, type Situation, step, targetOf } from "./situation.ts";

/** A service that serves and is to leave. */
export interface Leaving {
  readonly name: string;
  readonly live: Colour;
  readonly path: string;
  readonly released: Deployed;
  readonly service: ObservedService;
}

/** Why a service cannot be retired, and what to do instead. */
export interface Staying {
  readonly what: string;
  readonly fix: string;
}

/** What is to leave, or why it is not. */
export function leavingOf({ release, services }: Observed, name: string): Leaving | Staying {
  const { live, ...deployed } = release.services[name] ?? {};
  const service = services[name];
  const released = live && deployed[live];
  if (!live || !released || !service)
    return { what: `${name} does not serve`, fix: "it can be removed from the configuration as it is" };
  const others = Object.entries(release.services).filter(([other, { live }]) => other !== name && live !== undefined);
  if (others.length === 0)
    return { what: `${name} is the only service that serves`, fix: "`switchyard destroy` ends an environment" };
  const path = released.setup?.route.path;
  if (path === undefined)
    return {
      what: `${name} was released by an older version of Switchyard, which did not record its path`,
      fix: "deploy a version first",
    };
  return { name, live, path, released, service };
}

/** The service that answers a path when this one does not any more: of the open rules the one that is asked first. */
export function heirOf({ release, services }: Observed, name: string, path: string): string | undefined {
  const open = Object.entries(services).flatMap(([other, { rules }]) => {
    const { takes = closed, priority = 0 } = rules?.production ?? {};
    const holds = other !== name && release.services[other]?.live !== undefined && takes !== closed;
    return holds && covers(takes, path) ? [{ other, priority }] : [];
  });
  return open.sort((a, b) => a.priority - b.priority)[0]?.other;
}

/** `/docs: web from now`. */
export function heirLine(observed: Observed, { name, path }: Pick<Leaving, "name" | "path">): string {
  return `${path}: ${heirOf(observed, name, path) ?? "nobody"} from now`;
}

/**
 * Closes the service's rule and proves who answers instead; when no node of the load balancer can send it anything any
 * more, that is recorded, and its tasks are stopped. Until it is recorded, it is undone by opening the rule again.
 */
export function retire(s: Situation, goal: RetireGoal): Decision {
  const { progress, observed } = s;
  const name = goal.retires;
  if (observed.release.services[name]?.retired) return stopTasks(s, name);
  if (progress.undo !== undefined) return reopen(s, name, progress.undo);
  if (progress.problem !== undefined) return giveUp(progress.problem);
  const { signal, spent } = observed;
  if (signal?.kind === "abort") return giveUp(`aborted by ${signal.by}`, { signal });
  if (spent !== undefined && hasMoved(progress)) return giveUp(spent);
  const leaving = leavingOf(observed, name);
  if ("what" in leaving) return giveUp(leaving.what);
  return countedByHand(s, goal, leaving) ?? close(s, leaving) ?? record(s, goal, leaving);
}

/** Nobody waits for a person while users are sent to the one whose tasks a hand has taken away. */
function countedByHand(s: Situation, goal: RetireGoal, { name, path }: Leaving): Decision | undefined {
  const moved = hasMoved(s.progress);
  const heir = heirOf(s.observed, name, path);
  const asked = goal.services.filter((other) => (moved ? other.name === heir : other.name !== name));
  const halt = miscounted({ ...s, goal: { ...goal, services: asked } });
  return halt && moved ? giveUp(halt.why) : halt;
}

function close(s: Situation, leaving: Leaving): Decision | undefined {
  const { observed, progress, now } = s;
  const { name, live, service } = leaving;
  const probes = [proofOf(observed, leaving)];
  const isClosed = service.rules?.production.takes === closed && progress.weights[name]?.intended === undefined;
  if (!isClosed) {
    const write = { kind: "set-weights", service: name, rule: "production", weights: allOn(live) } as const;
    return { ...step("retire", heirLine(observed, leaving), [{ ...write, takes: closed }]), probes };
  }
  if (!progress.verified) return { ...step("retire", heirLine(observed, leaving), []), probes };
  return (propagatedAt(s, name) ?? now) > now ? awaitPropagation(s, "retire", [name]) : undefined;
}

function proofOf(observed: Observed, { name, path, released }: Leaving): Probe {
  const heir = heirOf(observed, name, path);
  const { live, ...held } = observed.release.services[heir ?? ""] ?? {};
  const by = live && held[live]?.release;
  return { kind: "prove-left", service: name, path, release: released.release, by: by ?? null };
}

function record({ observed: { release } }: Situation, goal: RetireGoal, { name, live, service }: Leaving): Decision {
  const { live: _live, warmUntil: _warm, next: _next, ...kept } = release.services[name] ?? {};
  const tasks = Math.max(service[live].desired, service[live].running);
  const retired = { ...kept, releasedBy: goal.operation, retired: { colour: live, tasks } };
  const document: ReleaseDocument = {
    ...release,
    revision: release.revision + 1,
    services: { ...release.services, [name]: retired },
  };
  return step("retire", `record that ${name} is retired`, [{ kind: "record-release", document }]);
}

/** Autoscaling first, which would start them again. */
function stopTasks({ observed, progress }: Situation, name: string): Decision {
  const service = observed.services[name];
  const scaling = holdStill(name, service);
  if (scaling.length > 0) return step("retire", `hold autoscaling of ${name} still`, scaling);
  const stops = colours.flatMap((colour): Mutation[] => {
    const { desired = 0, taskDefinitionArn } = service?.[colour] ?? {};
    if (desired === 0 || taskDefinitionArn === undefined) return [];
    return [{ kind: "update-service", service: name, colour, taskDefinitionArn, desired: 0, reconfigure: false }];
  });
  if (stops.length > 0) return step("retire", `stop the tasks of ${name}`, stops);
  const isNew = progress.recorded || hasMoved(progress);
  return end(isNew ? "succeeded" : "unchanged", `${name} is retired${answered(observed, name)}`);
}

function answered(observed: Observed, name: string): string {
  const { retired, ...held } = observed.release.services[name] ?? {};
  const path = retired && held[retired.colour]?.setup?.route.path;
  return path === undefined ? "" : `: ${path} is answered by ${heirOf(observed, name, path) ?? "nobody"}`;
}

/** True when another service takes all of its requests, as one that replaces it does. */
function isBehind(observed: Observed, { name, path, service }: Leaving): boolean {
  const heir = observed.services[heirOf(observed, name, path) ?? ""]?.rules?.production;
  return heir !== undefined && heir.priority < (service.rules?.production.priority ?? 0);
}

/** Read as open proves nothing while a write that closes may still come into force. */
function reopen(s: Situation, name: string, reason: string): Decision {
  const { observed, progress } = s;
  const leaving = leavingOf(observed, name);
  if ("what" in leaving) return end("failed", reason);
  const { live, path, released, service } = leaving;
  const { known, intended } = progress.weights[name] ?? {};
  const isSettled = intended === undefined && known?.takes !== closed;
  if (!isSettled || service.rules?.production.takes !== path) {
    if (service[live].healthy === 0) return awaitTasks(s, `${name}: ${live}`, reason);
    const write = { kind: "set-weights", service: name, rule: "production", weights: allOn(live) } as const;
    const target = targetOf(released);
    const probe = { kind: "prove-traffic", service: name, percent: 100, target, others: [], soft: true } as const;
    const back = step("undo", `return traffic: ${reason}`, [{ ...write, takes: path }]);
    return isBehind(observed, leaving) ? back : { ...back, probes: [probe] };
  }
  const { unproven } = progress;
  return end("failed", unproven === undefined ? reason : `${reason}; it was not seen to answer again (${unproven})`);
}
