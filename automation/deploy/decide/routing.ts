/** Where services' production rules belong, and where an operation takes them. */
import { liveRoute, type Route, type ServiceRelease } from "../../../programs/release.ts";
import { closed, rulePriorities } from "../../../programs/routes.ts";
import type { Observed, ObservedService, Placed, PriorityOrder, RuleName, ServicePlan } from "./model.ts";
import { contested, orderOf, type Passage } from "./order.ts";

/** The rule's place for a route of configuration. */
export function placeOf({ path, priority }: Route, rule: RuleName): Placed {
  return { takes: path, priority: priority + rulePriorities[rule] };
}

/**
 * Where the production rule belongs while nothing is in flight: at the live release's route; closed before there is one. Of
 * a release that was recorded without its route, where it is; undefined when that was not looked at.
 */
export function homeOf(release: ServiceRelease | undefined, seen: ObservedService | undefined): Placed | undefined {
  const rule = seen?.rules?.production;
  if (!rule || !release?.live) return rule && { ...rule, takes: closed };
  const route = liveRoute(release);
  return route ? placeOf(route, "production") : rule;
}

/** The path the rule takes with the new release and does not take now: a service that has one moves whole, not by shares. */
export function newPath({ home, target }: Pick<ServicePlan, "home" | "target">): string | undefined {
  const path = target.setup?.route.path;
  return home === undefined || path === home.takes ? undefined : path;
}

/** The new colour's share of the requests to the release's own path, in percent. */
export function shareOf(move: ServicePlan | undefined, seen: ObservedService | undefined): number {
  if (!move || !seen) return 0;
  const path = newPath(move);
  return path === undefined || seen.rules?.production.takes === path ? seen.weights[move.to] : 0;
}

/** Where the production rule belongs once the new release is recorded. */
export function destination({ home, target }: ServicePlan): Placed | undefined {
  return home && (target.setup ? placeOf(target.setup.route, "production") : home);
}

/** Every service's rule before and after the plan, those that it leaves alone among them. */
export function passagesOf(
  plan: Readonly<Record<string, ServicePlan>>,
  services: Observed["services"],
): readonly Passage[] {
  return Object.entries(services).flatMap(([service, { rules }]) => {
    const move = plan[service];
    const from = move?.home ?? rules?.production;
    return from ? [{ service, from, to: (move && destination(move)) ?? from }] : [];
  });
}

/** The same, of a configuration's services before anything of them is staged. A new one's rule is made where that has it. */
export function passagesTo(routes: Readonly<Record<string, Route>>, observed: Observed): readonly Passage[] {
  const names = [...new Set([...Object.keys(observed.services), ...Object.keys(routes)])];
  return names.flatMap((service) => {
    const route = routes[service];
    const to = route && placeOf(route, "production");
    const { live } = observed.release.services[service] ?? {};
    const seen = homeOf(observed.release.services[service], observed.services[service]);
    const from = live === undefined && to ? { ...to, takes: closed } : seen;
    return from ? [{ service, from, to: to ?? from }] : [];
  });
}

export interface Refused {
  readonly what: string;
  readonly fix: string;
}

/** When priorities are to be written; undefined where none changes. Refused, where the rules cannot be moved so. */
export function orderFor(passages: readonly Passage[]): PriorityOrder | Refused | undefined {
  const taken = contested(passages);
  if (taken) {
    const { service, priority, holder } = taken;
    const what = `${service} is to have the place ${priority - rulePriorities.production} among the rules, which ${holder} keeps`;
    return {
      what,
      fix: `give ${service} another priority, deploy ${holder} with its own, or remove ${holder} where it is retired`,
    };
  }
  const found = orderOf(passages);
  if ("lost" in found)
    return {
      what: `while the rules move, ${found.lost} would be answered by a third service, or by none`,
      fix: "change the paths and priorities in two deploys",
    };
  return passages.some(({ from, to }) => from.priority !== to.priority) ? found.order : undefined;
}
