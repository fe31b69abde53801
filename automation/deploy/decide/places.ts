/** Places among the listener's rules: written for all services at once, before the first share or after the last. */
import { liveRoute } from "../../../programs/release.ts";
import { rulePriorities } from "../../../programs/routes.ts";
import type { Decision, Mutation, Probe } from "./decision.ts";
import type { Observed, Placing, RuleName } from "./model.ts";
import { destination, newPath, placeOf } from "./routing.ts";
import { awaitPropagation, type Planned, propagatedAt, type Situation, step, targetOf, wait } from "./situation.ts";

/** The services' rules that are elsewhere with the new release, at home or where they go. */
function placesOf(plan: Planned["plan"], rule: RuleName, which: "home" | "target"): readonly Placing[] {
  const offset = rulePriorities[rule] - rulePriorities.production;
  return Object.entries(plan).flatMap(([service, move]) => {
    const to = destination(move);
    if (!move.home || !to || to.priority === move.home.priority) return [];
    return [{ service, rule, priority: (which === "home" ? move.home : to).priority + offset }];
  });
}

/** The places that some rules do not have. */
function missing({ services }: Observed, places: readonly Placing[]): boolean {
  return places.some(({ service, rule, priority }) => {
    const rules = services[service]?.rules;
    return rules !== undefined && rules[rule].priority !== priority;
  });
}

/** What a preview finds is not to depend on where the rules were: each has the place of what it is to look at next. */
export function previewPlaces({ plan, observed }: Planned): readonly Mutation[] {
  const places = Object.entries(observed.services).flatMap(([service, { rules }]): Placing[] => {
    const route = plan[service] ? plan[service].target.setup?.route : liveRoute(observed.release.services[service]);
    const { priority } = route ? placeOf(route, "preview") : {};
    if (!rules || priority === undefined || rules.preview.priority === priority) return [];
    return [{ service, rule: "preview", priority }];
  });
  return places.length > 0 ? [{ kind: "set-priorities", places }] : [];
}

/** The production rules' new places, where the plan has them written now. */
export function place(s: Planned, when: "first" | "last"): Decision | undefined {
  const { observed, plan, progress } = s;
  const places = placesOf(plan, "production", "target");
  if (places.length === 0 || (progress.order === "last") !== (when === "last")) return undefined;
  const names = places.map(({ service }) => service).join(", ");
  if (progress.placed?.sure && !missing(observed, places))
    return progress.order === "first" && !progress.shift ? awaitPlaces(s, "shift") : undefined;
  const late = when === "last" ? stillMoving(s) : [];
  if (late.length > 0) return awaitPropagation(s, "shift", late);
  const probes = when === "last" ? places.flatMap(({ service }) => proofOf(plan, service)) : [];
  return { ...step("shift", `${names}: new places among the rules`, [{ kind: "set-priorities", places }]), probes };
}

function proofOf(plan: Planned["plan"], service: string): readonly Probe[] {
  const target = plan[service]?.target;
  return target ? [{ kind: "prove-traffic", service, percent: 100, target: targetOf(target), others: [] }] : [];
}

/** The rules' places as they were. Where the order matters, what is written after the other waits until that is in force. */
export function placeBack(s: Planned): Decision | undefined {
  const { observed, plan, progress } = s;
  const production = placesOf(plan, "production", "home");
  const places = [...production, ...placesOf(plan, "preview", "home"), ...adoptedPreviews(s)];
  const written = progress.placed;
  const settled = !written || (written.sure && isSame(written.places, production));
  if (!settled || missing(observed, places)) {
    const late = progress.order === "first" ? stillMoving(s) : [];
    if (late.length > 0) return awaitPropagation(s, "undo", late);
    return step("undo", "put the rules back in their places", [{ kind: "set-priorities", places }]);
  }
  return progress.order === "last" ? awaitPlaces(s, "undo") : undefined;
}

/** Preview rules of what was adopted meanwhile, which this operation has moved and goes back on no more: to where they belong. */
function adoptedPreviews({ observed, plan, progress }: Planned): readonly Placing[] {
  return Object.keys(progress.plan ?? {}).flatMap((service): Placing[] => {
    const route = liveRoute(observed.release.services[service]);
    if (plan[service] || !route) return [];
    return [{ service, rule: "preview", priority: placeOf(route, "preview").priority }];
  });
}

/** Services whose path was written a moment ago: some node may not know of it. */
function stillMoving(s: Planned): readonly string[] {
  return Object.entries(s.plan).flatMap(([name, move]) =>
    newPath(move) !== undefined && (propagatedAt(s, name) ?? 0) > s.now ? [name] : [],
  );
}

function isSame(written: readonly Placing[], places: readonly Placing[]): boolean {
  return places.every(({ service, rule, priority }) =>
    written.some((w) => w.service === service && w.rule === rule && w.priority === priority),
  );
}

export function awaitPlaces(s: Situation, phase: "shift" | "undo" | "repair"): Decision | undefined {
  const { placed } = s.progress;
  const until = placed ? placed.at + s.goal.limits.propagationMs + (s.observed.skewMs ?? 0) : 0;
  if (s.now >= until) return undefined;
  return wait(phase, "the rules' places to be in force on every node of the load balancer", until);
}
