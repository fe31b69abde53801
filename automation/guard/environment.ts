import { readShape } from "../deploy/act/stage.ts";
import { versionOf } from "../deploy/decide/situation.ts";
import { operationInFlight } from "../ledger/journal.ts";
import { readRelease } from "../ledger/release.ts";
import type { StackTable } from "../ledger/table.ts";
import type { PlannedChange } from "../stacks/changes.ts";
import { type Finding, judge } from "./guard.ts";
import { liveRoutes, type Route, type RouteChange, routeChanges } from "./routes.ts";
import type { View } from "./verdict.ts";

export async function standingOf(table: StackTable): Promise<View> {
  const [release, shape, open] = await Promise.all([readRelease(table), readShape(table), operationInFlight(table)]);
  return { release, shape, inFlight: open && `${open.goal.kind} ${versionOf(open.goal)}` };
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** Paths whose requests another service, or nobody, answers now. */
  readonly routes: readonly RouteChange[];
}

/** @param services of the configuration, with their paths */
export function judgePlan(
  changes: readonly PlannedChange[],
  standing: View,
  services: Readonly<Record<string, Omit<Route, "service">>>,
): Judged {
  const now = liveRoutes(standing.shape?.services ?? {}, standing.release);
  const then = Object.entries(services).map(([service, { path, priority }]) => ({ service, path, priority }));
  return { findings: judge(changes, standing), routes: now.length === 0 ? [] : routeChanges(now, then) };
}
