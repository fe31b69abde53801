import type { Route } from "../../../programs/release.ts";

export type RouteTable = "same" | "path" | "swap" | "wider" | "narrower";

const at = (path: string, priority: number): Route => ({ path, priority });
const usual = { web: at("/web", 100), api: at("/api", 101) };
const apart = { web: at("/web", 200), api: at("/api", 300) };
const all = { web: at("/", 200), api: at("/api", 100) };

/** What v2 has in place of what v1 and v3 have. */
const tables: Readonly<Record<RouteTable, readonly [typeof usual, typeof usual]>> = {
  same: [usual, usual],
  path: [usual, { ...usual, web: at("/shop", 100) }],
  swap: [usual, { web: at("/web", 101), api: at("/api", 100) }],
  // The other service has to be asked first before, and may be asked last only after, the one that takes everything.
  wider: [apart, all],
  narrower: [all, apart],
};

export function routeOf(table: RouteTable, service: string, version: string): Route {
  const [before, v2] = tables[table];
  const routes: Readonly<Record<string, Route>> = version === "v2" ? v2 : before;
  return routes[service] ?? at(`/${service}`, 500);
}

/** The port a version listens on: v2's is another one where ports move. */
export function portOf(moves: boolean, version: string): number {
  return moves && version === "v2" ? 9090 : 8080;
}

/** One path of each region that some rule of a table tells from another. */
export const samples = ["/", "/web", "/web/x", "/shop", "/api", "/api/x", "/x"];
