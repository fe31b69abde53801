/** Who answers a path. */
import { liveRoute, type ReleaseDocument } from "../../programs/release.ts";
import { covers } from "../../programs/routes.ts";

export interface Route {
  readonly service: string;
  /** `/` or `/docs`: the path itself and everything below it. */
  readonly path: string;
  /** Lower ones are asked first; by the longest path where it is not known. */
  readonly priority?: number | undefined;
}

/** The service whose route takes requests to a path, of those given. */
export function answers(routes: readonly Route[], path: string): string | undefined {
  const taking = routes.filter((route) => covers(route.path, path));
  const known = taking.every(({ priority }) => priority !== undefined);
  const [first] = taking.sort((a, b) =>
    known ? Number(a.priority) - Number(b.priority) : b.path.length - a.path.length,
  );
  return first?.service;
}

export interface RouteChange {
  readonly service: string;
  readonly path: string;
  /** Who answered the path until now; absent when nobody did. */
  readonly until?: string;
}

/**
 * The paths that another service, or nobody, answered until now.
 *
 * @param now routes of what is live
 * @param then routes of the configuration
 */
export function routeChanges(now: readonly Route[], then: readonly Route[]): readonly RouteChange[] {
  return then.flatMap(({ service, path }) => {
    const until = answers(now, path);
    return until === service ? [] : [{ service, path, ...(until !== undefined && { until }) }];
  });
}

/** Routes of the services that have a release: the release's own, where it was recorded with one. */
export function liveRoutes(
  services: Readonly<Record<string, Omit<Route, "service">>>,
  release: ReleaseDocument,
): readonly Route[] {
  return Object.entries(services).flatMap(([service, { path, priority }]) =>
    release.services[service]?.live === undefined
      ? []
      : [{ service, path, priority, ...liveRoute(release.services[service]) }],
  );
}

/** `/docs: web until now`. */
export function routeLine({ path, until }: RouteChange): string {
  return `${path}: ${until ?? "nobody"} until now`;
}
