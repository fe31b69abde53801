import {
  type Colour,
  colours,
  type Deployed,
  liveRoute,
  type ReleaseDocument,
  type ServiceRelease,
} from "../../../programs/release.ts";
import { closed, rulePriorities } from "../../../programs/routes.ts";
import type { Decision, Mutation } from "./decision.ts";
import { including, warmUntil } from "./documents.ts";
import { isWithin, nearestWithin } from "./drift.ts";
import { scalingWrites } from "./finish.ts";
import { deleted, isExposed, isOpened, isUnbounded, undocumented, unruled } from "./hands.ts";
import type { ObservedService, Placing } from "./model.ts";
import { orderOf, type Passage } from "./order.ts";
import { awaitPlaces } from "./places.ts";
import { homeOf, placeOf } from "./routing.ts";
import { awaitSettings, regroup, rehouse, rehoused } from "./setups.ts";
import {
  allOn,
  awaitPropagation,
  backTo,
  end,
  giveUp,
  otherColour,
  propagatedAt,
  type Situation,
  sameWeights,
  serviceGoal,
  step,
  wait,
} from "./situation.ts";

/** Puts the live colour's task count and the production weights back to what the ledger says. */
export function repair(s: Situation): Decision {
  const { goal, observed, progress } = s;
  const unknown = undocumented(s);
  if (unknown) return giveUp(`${unknown.why}; adopt it: there is nothing to go by`);
  const previews = goal.services.flatMap(({ name }) => reaim(s, name));
  if (previews.length > 0) return step("repair", "have preview rules ask for the preview header again", previews);
  const kept = awaitSettings(s);
  if (kept) return kept;
  const groups = goal.services.flatMap(({ name }) => regroup(s, name));
  if (groups.length > 0) return step("repair", "set target groups as they were released", groups);
  const counts = goal.services.flatMap(({ name }) => recount(s, name));
  if (counts.length > 0) return step("repair", "put ECS services back as the ledger says", counts);
  const housing = goal.services.flatMap(({ name }) => rehouse(s, name));
  if (housing.length > 0) return step("repair", "set up as they were released what is kept for a rollback", housing);
  const waiting = awaitCounts(s);
  if (waiting) return waiting;
  const writes: Mutation[] = reclose(s);
  for (const { name } of goal.services) {
    const live = observed.release.services[name]?.live;
    const service = observed.services[name];
    const takes = takesElsewhere(s, name);
    if (live === undefined || !service) continue;
    // A write whose answer was lost is made again: since when it is in force is known of a confirmed one alone.
    const isSure = progress.weights[name]?.intended === undefined;
    if (sameWeights(service.weights, allOn(live)) && takes === undefined && isSure) continue;
    if (service.gone?.includes("production")) continue;
    if (service[live].running === 0)
      return giveUp(`${name}: the ledger says ${live} is live but nothing runs there; adopt what serves, or deploy`);
    if (service[live].healthy === 0 && service[otherColour(live)].healthy > 0)
      return giveUp(
        `${name}: the ledger says ${live} is live but no task of it is healthy; mend it, or adopt what serves`,
      );
    writes.push({ ...backTo(name, live), ...(takes !== undefined && { takes }) });
  }
  const back = inOrder(s, writes, replaced(s));
  if (back) return back;
  const left = awaitLeft(s);
  if (left) return left;
  const scaling = goal.services.flatMap(({ name }) => rescale(s, name));
  if (scaling.length > 0) return step("repair", "put autoscaling's bounds back as the ledger says", scaling);
  const missing = deleted(s);
  if (missing) return giveUp(`${missing.why}: \`switchyard up <stack> --refresh\` makes it anew, then repair`);
  return end(progress.repaired ? "succeeded" : "unchanged", "weights, routes and task counts are what the ledger says");
}

/** A preview rule that asks for something else takes what production should, or nothing: to the idle colour with it, by its header. */
function reaim({ observed }: Situation, name: string): Mutation[] {
  const seen = observed.services[name];
  const { live } = observed.release.services[name] ?? {};
  const takes = homeOf(observed.release.services[name], seen)?.takes;
  if (!seen || !isExposed(seen) || takes === undefined) return [];
  const weights = allOn(live ? otherColour(live) : "blue");
  return [{ kind: "set-weights", service: name, rule: "preview", weights, takes }];
}

/** The path a live service's rule is to take, where it takes something else. */
function takesElsewhere({ observed }: Situation, name: string): string | undefined {
  const path = liveRoute(observed.release.services[name])?.path;
  const rule = observed.services[name]?.rules?.production;
  return rule === undefined || rule.takes === path ? undefined : path;
}

/** Where live services' rules belong among the others, of those that are elsewhere. */
function replaced({ goal, observed }: Situation): readonly Placing[] {
  return goal.services.flatMap(({ name }): Placing[] => {
    const route = liveRoute(observed.release.services[name]);
    const seen = observed.services[name]?.rules?.production;
    const { priority } = route ? placeOf(route, "production") : {};
    if (!seen || priority === undefined || priority === seen.priority) return [];
    return [{ service: name, rule: "production", priority }];
  });
}

/** Paths and places are put back in an order that leaves nobody without an answer, where there is one. */
function inOrder(s: Situation, writes: readonly Mutation[], places: readonly Placing[]): Decision | undefined {
  const why = "put weights and routes back as the ledger says";
  const put: readonly Mutation[] = places.length > 0 ? [{ kind: "set-priorities", places }] : [];
  const paths = writes.flatMap((write) =>
    write.kind === "set-weights" && write.takes !== undefined ? write.service : [],
  );
  const found = orderOf(passagesBack(s, paths, places));
  const order = paths.length === 0 || places.length === 0 || !("order" in found) ? "any" : found.order;
  if (order === "first") return step("repair", why, put);
  if (order === "last") return step("repair", why, writes);
  // Of what this repair has written, one may have to be in force before the other.
  const moving = Object.keys(s.progress.weights).filter((name) => (propagatedAt(s, name) ?? 0) > s.now);
  if (put.length > 0 && writes.length === 0 && moving.length > 0) return awaitPropagation(s, "repair", moving);
  const waits = paths.length > 0 && places.length === 0 ? awaitPlaces(s, "repair") : undefined;
  return waits ?? (writes.length + put.length > 0 ? step("repair", why, [...writes, ...put]) : undefined);
}

function passagesBack(
  { observed }: Situation,
  paths: readonly string[],
  places: readonly Placing[],
): readonly Passage[] {
  return Object.entries(observed.services).flatMap(([service, { rules }]) => {
    if (!rules) return [];
    const from = rules.production;
    const { takes = closed } = homeOf(observed.release.services[service], observed.services[service]) ?? {};
    const priority = places.find((place) => place.service === service)?.priority ?? from.priority;
    return [{ service, from, to: paths.includes(service) ? { takes, priority } : { ...from, priority } }];
  });
}

/** Rules that take requests although nothing of their service was ever proven. */
function reclose({ goal, observed }: Situation): Mutation[] {
  return goal.services.flatMap(({ name }): Mutation[] => {
    const seen = observed.services[name];
    if (!isOpened(observed, name) || !seen) return [];
    return [{ kind: "set-weights", service: name, rule: "production", weights: seen.weights, takes: closed }];
  });
}

/** What was released on the live colour, as it was set up, and the nearest count the ledger allows, where it is otherwise. */
function recount({ observed }: Situation, name: string): Mutation[] {
  const { live, scale, ...release } = observed.release.services[name] ?? {};
  const colour = live && observed.services[name]?.[live];
  const released = live && release[live];
  if (!live || !released || colour?.taskDefinitionArn === undefined || colour.gone === "ECS service") return [];
  const { taskDefinitionArn } = released;
  const desired = nearestWithin(scale, colour.desired);
  const setup = rehoused(colour, released.setup).length > 0 ? released.setup : undefined;
  const isReleased = desired === 0 || taskDefinitionArn === colour.taskDefinitionArn;
  if (desired === colour.desired && isReleased && !setup) return [];
  const write = { kind: "update-service", service: name, colour: live, taskDefinitionArn, desired } as const;
  return [{ ...write, reconfigure: false, ...(setup && { setup }) }];
}

/** The bounds the ledger says, where the live colour could scale out of them, or not at all. */
function rescale({ observed }: Situation, name: string): Mutation[] {
  const { live, scale } = observed.release.services[name] ?? {};
  const scaling = live && observed.services[name]?.[live].scaling;
  if (!live || !scale || !scaling || !isUnbounded(scale, scaling)) return [];
  return [{ kind: "set-scaling", service: name, colour: live, bounds: { ...scale, suspended: false } }];
}

/** Tasks that were asked for take their time; traffic goes to them when they are well. */
function awaitCounts({ goal, observed, progress, now }: Situation): Decision | undefined {
  const short = Object.keys(progress.counts).filter((name) => {
    const live = observed.release.services[name]?.live;
    const colour = live && observed.services[name]?.[live];
    return colour && (colour.healthy < colour.desired || colour.rollout === "IN_PROGRESS");
  });
  if (short.length === 0) return undefined;
  const until = (progress.startedAt ?? now) + goal.limits.healthyMs;
  if (now < until) return wait("repair", `${short.join(", ")} to have all tasks healthy`, until);
  return giveUp(`${short.join(", ")}: not all tasks became healthy`);
}

/** A colour a hand gave traffic: a sweep, or the undoing of what was cut short, could stop it while a node sends it requests. */
function awaitLeft(s: Situation): Decision | undefined {
  const { goal, observed, now } = s;
  const left = goal.services.flatMap(({ name }) => {
    const { live } = observed.release.services[name] ?? {};
    const until = propagatedAt(s, name);
    if (live === undefined || until === undefined || until <= now) return [];
    return (observed.services[name]?.[otherColour(live)].desired ?? 0) > 0 ? [name] : [];
  });
  return left.length === 0 ? undefined : awaitPropagation(s, "repair", left);
}

/** The colour that was adopted scales from now on, the other one does not. */
function scaleAdopted({ goal, observed }: Situation): Decision {
  const writes = goal.services.flatMap(({ name }) => {
    const live = observed.release.services[name]?.live;
    return live ? scalingWrites(goal, name, observed.services[name], live) : [];
  });
  if (writes.length > 0) return step("repair", "let autoscaling run on what serves", writes);
  return end("succeeded", "the ledger says what is");
}

/** Makes the ledger agree with what serves; only all or nothing can be recorded. */
export function adopt(s: Situation): Decision {
  const { goal, observed, progress } = s;
  if (progress.recorded) return scaleAdopted(s);
  const missing = unruled(s);
  if (missing) return giveUp(`${missing.why}: \`switchyard up <stack> --refresh\` makes it anew`);
  let document: ReleaseDocument = observed.release;
  for (const { name } of goal.services) {
    const adopted = adoptedOf(s, name);
    if (typeof adopted === "string") return giveUp(adopted);
    if (adopted) document = { ...document, services: { ...document.services, [name]: adopted } };
  }
  const { migrate } = observed.serving ?? {};
  if (document !== observed.release && document.migrate === undefined && migrate)
    document = { ...document, migrate: { live: migrate } };
  if (document === observed.release) return end("unchanged", "the ledger already says what is");
  return step("repair", "record what serves", [
    { kind: "record-release", document: { ...document, revision: document.revision + 1 } },
  ]);
}

/** What the ledger is to say of a service: undefined where it does, a text where it cannot. */
function adoptedOf(s: Situation, name: string): ServiceRelease | string | undefined {
  const { goal, observed } = s;
  const release = observed.release.services[name];
  const service = observed.services[name];
  if (!service) return undefined;
  const serving = servingOf(service, release?.live);
  if (serving === undefined)
    return `${name} is split (blue ${service.weights.blue}, green ${service.weights.green}); only all on one colour can be adopted: repair, or set the weights to 100`;
  const { desired, taskDefinitionArn } = service[serving];
  // Before its first release a service is nothing that could be adopted.
  const isClosed = service.rules?.production.takes === closed;
  if (release?.live === undefined && (desired === 0 || isClosed)) return undefined;
  const scale = release?.scale ?? serviceGoal(goal, name)?.scaling;
  const held = release?.[serving];
  const isKnown = held !== undefined && held.taskDefinitionArn === taskDefinitionArn;
  const isPlaced = !held || withRoute(held, service) === held;
  const isCounted = !release?.scale || isWithin(release.scale, desired);
  if (serving === release?.live && isKnown && isPlaced && isCounted) return undefined;
  if (desired === 0) return `${name} ${serving} has no tasks: nothing serves that could be adopted; repair`;
  if (serving !== release?.live && service[serving].healthy === 0)
    return `${name} ${serving} has no healthy task: nothing serves that could be adopted; repair`;
  const read = observed.serving?.services[name] ?? {};
  const runs = isKnown ? held : read[serving];
  const deployed = runs && withRoute(runs, service);
  if (deployed === "no route")
    return `${name} takes requests by other conditions than a path: no release could say so; repair`;
  if (deployed === undefined)
    return `${name} ${serving} runs no release of Switchyard's: its task definition does not say which; repair, or deploy`;
  const other = otherColour(serving);
  const warm = release?.[other] ?? read[other];
  const kept = serving !== release?.live && warm && { warmUntil: warmUntil(s) };
  const isOther = serving !== release?.live || !isKnown;
  return {
    ...release,
    ...(warm && { [other]: warm }),
    ...{ live: serving, [serving]: deployed, scale: including(scale, desired) },
    ...(isOther && { releasedBy: goal.operation }),
    ...kept,
  };
}

/**
 * The colour that takes everything; of a service of which nothing is live, also the only one of a split that has tasks: there is
 * nothing that a repair could go by, and once it is adopted there is.
 */
function servingOf(service: ObservedService, live: Colour | undefined): Colour | undefined {
  const whole = colours.find((c) => sameWeights(service.weights, allOn(c)));
  if (whole !== undefined || live !== undefined) return whole;
  const [only, ...more] = colours.filter((c) => service.weights[c] > 0 && service[c].desired > 0);
  return more.length === 0 ? only : undefined;
}

/** What is recorded of a release, with the route its rule has now; the same where that is its own. */
function withRoute(deployed: Deployed, { rules }: ObservedService): Deployed | "no route" {
  const { setup } = deployed;
  const seen = rules?.production;
  if (!setup || !seen) return deployed;
  const { takes, priority } = placeOf(setup.route, "production");
  if (seen.takes === takes && seen.priority === priority) return deployed;
  if (seen.takes === undefined || seen.takes === closed) return "no route";
  const route = { path: seen.takes, priority: seen.priority - rulePriorities.production };
  return route.priority > 0 ? { ...deployed, setup: { ...setup, route } } : "no route";
}
