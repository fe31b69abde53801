/** What resources that are made anew reach of what serves. */
import { colours } from "../../programs/release.ts";
import { closed, covers, rulePriorities, takenBy } from "../../programs/routes.ts";
import { answers, liveRoutes } from "./routes.ts";
import { redirectsHosts } from "./routing.ts";
import { type Change, disrupts, harmless, type Judge, type View } from "./verdict.ts";

/** Of a type that no row is for. One that names a part of the way to what serves does something to it that nobody knows. */
export const newcomer: Judge = (change, view) => {
  const named = [...partsOf(view, undefined)].find(([id]) => names(change.after, id));
  return named ? disrupts(`nothing is known of what this does to ${named[1]}`) : harmless;
};

/** Of what a service has itself: another's may be made anew where it is gone, and joined by nobody. */
export const another: Judge = (change, view) => {
  const named = [...partsOf(view, change.service)].find(([id]) => names(change.after, id));
  return named ? disrupts(`joins ${named[1]} from outside`) : harmless;
};

/** Identifiers of what requests go through, but for one service's own, and what each is. */
function partsOf({ shape, release }: View, own: string | undefined): ReadonlyMap<string, string> {
  if (!shape) return new Map();
  const serving = Object.entries(shape.services).filter(
    ([name]) => name !== own && release.services[name]?.live !== undefined,
  );
  const balancer = shape.listenerArn.replace(":listener/", ":loadbalancer/").replace(/\/[^/]+$/, "");
  return new Map([
    [balancer, "the balancer"],
    [shape.listenerArn, "the listener"],
    ...serving.flatMap(([name, service]) => [
      [service.ruleArn, `${name}'s rule`] as const,
      ...colours.flatMap((colour) => {
        const { targetGroupArn, scalableTargetId } = service[colour];
        const group = [targetGroupArn, `${name}'s target group ${colour}`] as const;
        return scalableTargetId === undefined ? [group] : [group, [scalableTargetId, `${name}'s tasks`] as const];
      }),
    ]),
  ]);
}

function names(value: unknown, id: string): boolean {
  if (typeof value !== "object" || value === null) return value === id;
  return Object.values(value).some((inner) => names(inner, id));
}

interface Condition {
  readonly pathPattern?: { readonly values?: readonly string[] };
  readonly sourceIp?: { readonly values?: readonly string[] };
  readonly httpHeader?: unknown;
}

/**
 * A rule that takes requests takes them at once, from whatever answers them now. Not one that is closed, or that asks for a
 * header as a preview does. Where nothing is said of paths, anything may be taken.
 */
export const newRule: Judge = (change, view) => {
  const { after, service } = change;
  const conditions = (after?.["conditions"] ?? []) as readonly Condition[];
  const sources = conditions.flatMap(({ sourceIp }) => sourceIp?.values ?? []);
  if (redirectsHosts(after)) return harmless;
  if (takenBy({ paths: [], sources }) === closed || conditions.some(({ httpHeader }) => httpHeader !== undefined))
    return harmless;
  const patterns = conditions.flatMap(({ pathPattern }) => pathPattern?.values ?? []);
  for (const pattern of patterns.length > 0 ? patterns : ["/*"]) {
    const path = pattern.replace(/\/?\*$/, "") || "/";
    const until = holderOf(path, change, view);
    if (until !== undefined) return disrupts(`takes ${path} from ${until} before ${service ?? "it"} is proven`);
  }
  return harmless;
};

/** Another service that answers a path, or one below it that is asked later than the new rule. */
function holderOf(path: string, { after, service }: Change, { shape, release }: View): string | undefined {
  const routes = liveRoutes(shape?.services ?? {}, release);
  const until = answers(routes, path);
  if (until !== undefined && until !== service) return until;
  const priority = Number(after?.["priority"] ?? 0) - rulePriorities.production;
  return routes.find((route) => {
    const isLater = route.priority === undefined || route.priority > priority;
    return route.service !== service && isLater && covers(path, route.path);
  })?.service;
}
