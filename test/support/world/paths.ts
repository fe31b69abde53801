import type { Step } from "../../../automation/deploy/decide/decision.ts";
import type { RetireGoal } from "../../../automation/deploy/decide/goal.ts";
import { liveRoute, type ReleaseDocument, type Route } from "../../../programs/release.ts";
import { covers } from "../../../programs/routes.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { samples } from "./routes.ts";

type Routes = ReadonlyMap<string, Route | undefined>;

/** Who may answer each path: who did by some release of a moment ago, or who is to by a plan in hand. */
export class Paths {
  /** Routes of the services as each release and each plan in hand has them, by when it was written. */
  readonly #plans: { readonly at: number; readonly either: readonly Routes[] }[] = [];
  /** Paths that were said to be answered by another, or by nobody. */
  readonly #lost = new Set<string>();

  /** To be called after each write to the ledger. */
  written(at: number, item: string, record: Readonly<Record<string, unknown>>, document: ReleaseDocument): void {
    const live = new Map(Object.entries(document.services).map(([name, one]) => [name, liveRoute(one)] as const));
    const { decision, goal } = record;
    const { plan = {} } = decision === undefined ? {} : (JSON.parse(String(decision)) as Partial<Step>);
    const planned = Object.entries(plan).map(([name, { target }]) => [name, target.setup?.route] as const);
    const { retires = "" } = goal === undefined ? {} : (JSON.parse(String(goal)) as Partial<RetireGoal>);
    if (planned.length === 0 && retires === "" && item !== "release") return;
    const then = new Map([...live, ...planned].filter(([name]) => name !== retires));
    this.#plans.push({ at, either: [live, then] });
  }

  /** What is newly wrong with who answers which path, on some node, by what was in hand at some time since `since`. */
  wrong(cloud: SimulatedCloud, since: number): readonly string[] {
    const recent = this.#plans.filter(({ at }, i) => at >= since || (this.#plans[i + 1]?.at ?? since) >= since);
    return samples.flatMap((path) => {
      const allowed = recent.flatMap(({ either }) => either.map((routes) => ownerIn(routes, path)));
      if (allowed.length === 0 || allowed.includes(undefined) || this.#lost.has(path)) return [];
      const others = cloud.ownersOf(path).filter((owner) => !allowed.includes(owner));
      if (others.length === 0) return [];
      this.#lost.add(path);
      return [`${path} is answered by ${others[0] ?? "nobody"}, not by ${[...new Set(allowed)].join(" or ")}`];
    });
  }
}

function ownerIn(routes: Routes, path: string): string | undefined {
  const taking = [...routes].flatMap(([name, route]) =>
    route && covers(route.path, path) ? [{ name, ...route }] : [],
  );
  return taking.sort((a, b) => a.priority - b.priority)[0]?.name;
}
