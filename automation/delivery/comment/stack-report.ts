/** What a pull request would do to one stack, judged. */
import type { CostDifference } from "../../../programs/cost/estimate.ts";
import type { Judged } from "../../guard/environment.ts";
import { disruptive } from "../../guard/guard.ts";
import type { Finding as Migration } from "../../migrations/rule.ts";
import type { Plan } from "../../stacks/update.ts";

export interface StackReport {
  readonly stack: string;
  /** Absent where there is no plan: then `failure` says why. */
  readonly planned?: Plan;
  readonly failure?: string;
  readonly judged: Judged;
  readonly migrations: readonly Migration[];
  /** Of an environment; a text where it could not be said, and why. */
  readonly cost?: CostDifference | string;
}

export interface ChangeCounts {
  readonly created: number;
  readonly updated: number;
  readonly replaced: number;
  readonly deleted: number;
}

const none: ChangeCounts = { created: 0, updated: 0, replaced: 0, deleted: 0 };
const counted = { create: "created", import: "created", update: "updated", replace: "replaced", delete: "deleted" };

export function countChanges(reports: readonly StackReport[]): ChangeCounts {
  const counts: Record<keyof ChangeCounts, number> = { ...none };
  for (const { planned } of reports)
    for (const { op } of planned?.changes ?? []) {
      const key = counted[op as keyof typeof counted] as keyof ChangeCounts | undefined;
      if (key) counts[key] += 1;
    }
  return counts;
}

/** `12 created, 1 replaced`, or `no changes`. */
export function changesLine(counts: ChangeCounts): string {
  const parts = Object.entries(counts).flatMap(([word, count]: [string, number]) =>
    count > 0 ? [`${count} ${word}`] : [],
  );
  return parts.length === 0 ? "no changes" : parts.join(", ");
}

/** Why a stack blocks the merge; empty when it does not. */
export function blockers({ failure, planned, judged, migrations }: StackReport): readonly string[] {
  const mandatory = (planned?.violations ?? []).filter(({ level }) => level === "mandatory").length;
  const disrupted = disruptive(judged.findings).length;
  return [
    ...(failure === undefined ? [] : ["there is no plan"]),
    ...(mandatory === 0 ? [] : [`${mandatory} mandatory ${mandatory === 1 ? "rule is" : "rules are"} broken`]),
    ...(disrupted === 0 ? [] : [`${disrupted} ${disrupted === 1 ? "change" : "changes"} would disrupt what serves`]),
    ...(migrations.length === 0
      ? []
      : [`${migrations.length} ${migrations.length === 1 ? "migration is" : "migrations are"} refused`]),
  ];
}
