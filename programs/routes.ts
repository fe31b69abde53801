import { SwitchyardError } from "./errors.ts";
import { liveRoute, type ReleaseDocument, recorded } from "./release.ts";

/** Production rules come after every preview rule: a service's priority on each is its own plus the rule's. */
export const rulePriorities = { preview: 0, production: 1000 } as const;

/** Of the rule that redirects other hosts: before every production rule, which asks for no host. */
export const redirectPriority = rulePriorities.production;

/** `/api` → the path itself and everything below it; `/` → everything. */
export function pathPatterns(path: string): string[] {
  return path === "/" ? ["/*"] : [path, `${path}/*`];
}

/** Where no client is: TEST-NET-1, which is "for use in documentation" (RFC 5737). */
const nobody = "192.0.2.1/32";

/** What a rule takes while its service has no proven release: nothing. Else it is a path, and all below it. */
export const closed = "closed";

/** A rule's conditions, without a header's: those of paths, and those of clients' addresses. */
export interface RuleConditions {
  readonly paths: readonly string[];
  readonly sources: readonly string[];
}

/** @param takes a path, or `closed` */
export function conditionsFor(takes: string): RuleConditions {
  return takes === closed ? { paths: [], sources: [nobody] } : { paths: pathPatterns(takes), sources: [] };
}

/** What a rule with these conditions takes; undefined for what is neither a path and all below it, nor nothing. */
export function takenBy({ paths, sources }: RuleConditions): string | undefined {
  if (sources.length > 0) return sources.every((source) => source === nobody) ? closed : undefined;
  const [first = ""] = paths;
  const path = first === "/*" ? "/" : first;
  const sorted = (patterns: readonly string[]) => [...patterns].sort().join(" ");
  return path.startsWith("/") && sorted(pathPatterns(path)) === sorted(paths) ? path : undefined;
}

/** True when a route takes requests to a path: its own, or one below it. */
export function covers(route: string, path: string): boolean {
  return route === "/" || path === route || path.startsWith(`${route}/`);
}

type Services = Readonly<Record<string, { readonly path: string; readonly priority: number }>>;

/** Services by when their rules are asked: at the live release's place, else at the configuration's. */
export function inOrderOfRules<Of extends Services[string]>(
  services: Readonly<Record<string, Of>>,
  release: ReleaseDocument,
): readonly (readonly [string, Of])[] {
  const place = ([name, { priority }]: [string, Of]) => liveRoute(release.services[name])?.priority ?? priority;
  return Object.entries(services).sort((a, b) => place(a) - place(b));
}

/**
 * Refuses a new service that asks for a rule's place which another's still has, or which a rollback of another would need:
 * a rule moves when its service is deployed.
 *
 * @throws SwitchyardError `service-in-use`.
 */
export function refuseTakenPlaces(services: Services, release: ReleaseDocument): void {
  const taken = Object.entries(release.services).flatMap(([name, service]) =>
    recorded(service).flatMap(({ setup }) => (setup ? [{ name, priority: setup.route.priority }] : [])),
  );
  for (const [name, { priority }] of Object.entries(services)) {
    if (release.services[name]?.live !== undefined) continue;
    const holder = taken.find((other) => other.priority === priority && other.name !== name)?.name;
    if (holder === undefined) continue;
    const serves = liveRoute(release.services[holder])?.priority === priority;
    const isOf = serves ? `still ${holder}'s, until a deploy moves that` : `what a rollback of ${holder} would need`;
    const fix = serves ? `, or deploy ${holder} first` : `: two deploys of ${holder} later this one is free`;
    throw new SwitchyardError("service-in-use", {
      what: `${priority} is ${isOf}`,
      where: `switchyard:services.${name}.priority`,
      fix: `give ${name} another priority${fix}`,
    });
  }
}
