/** What an operation of a part of the services leaves as it is. */
import type { ReleaseDocument } from "../../../programs/release.ts";
import { readRelease } from "../../ledger/release.ts";
import type { StackTable } from "../../ledger/table.ts";
import { readShape } from "../act/stage.ts";
import type { Goal } from "../decide/goal.ts";
import { movedBy, otherColour, partOf } from "../decide/situation.ts";
import type { EnvironmentShape } from "../observe/shape.ts";

export interface Left {
  readonly service: string;
  /** What it serves; absent before its first release. */
  readonly version?: string;
  readonly why: string;
  /** True when what is staged for it differs from what it serves: its next deploy brings that. */
  readonly waits: boolean;
}

type StagedReleases = Readonly<Record<string, { readonly staged?: { readonly release: string } | undefined }>>;

/**
 * The services that an operation was not to move, and why.
 *
 * @param staged By service, what the last update registered.
 */
export function leftBy(goal: Goal, { services }: ReleaseDocument, staged: StagedReleases): readonly Left[] {
  const moved = movedBy(goal);
  return goal.services.flatMap(({ name }): readonly Left[] => {
    if (moved.includes(name)) return [];
    const { live, retired, ...release } = services[name] ?? {};
    if (retired)
      return [{ service: name, why: "it is retired, and can be removed from the configuration", waits: false }];
    const serves = live && release[live];
    if (!live || !serves)
      return goal.kind === "deploy" ? [{ service: name, why: "it has no release yet", waits: true }] : [];
    const { version } = serves;
    const next = staged[name]?.staged?.release;
    const heir = goal.services.find(({ replaces }) => replaces === name);
    if (heir) return [{ service: name, version, why: `${heir.name} replaces it`, waits: false }];
    const waits = goal.kind === "deploy" && next !== undefined && next !== serves.release;
    return [{ service: name, version, why: whyLeft(goal, release[otherColour(live)] !== undefined), waits }];
  });
}

function whyLeft(goal: Goal, hasEarlier: boolean): string {
  if (goal.kind !== "deploy") return hasEarlier ? "the last release did not change it" : "it has no earlier release";
  return goal.migrations === undefined ? "it was not named" : `${goal.version} was released without it`;
}

/** `api stays v2: it was not named; what its configuration changed waits for its next deploy`. */
export function leftLine({ service, version, why, waits }: Left): string {
  if (version === undefined)
    return waits ? `${service} waits for its first deploy: ${why}` : `${service} stays out: ${why}`;
  return `${service} stays ${version}: ${why}${waits ? "; what its configuration changed waits for its next deploy" : ""}`;
}

/** The same, by what the ledger says; it is not asked about an operation of all services. */
export async function readLeft(table: StackTable, goal: Goal): Promise<readonly Left[]> {
  if (partOf(goal) === undefined) return [];
  const [release, shape] = await Promise.all([readRelease(table), readShape(table)]);
  const services: EnvironmentShape["services"] = shape?.services ?? {};
  return leftBy(goal, release, services);
}
