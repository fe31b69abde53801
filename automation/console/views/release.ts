/** Releases and their journals, as the console lists and explains them. */

import type { JournalEntry } from "../../deploy/decide/decision.ts";
import { explainOperation } from "../../deploy/decide/explain.ts";
import type { Goal } from "../../deploy/decide/goal.ts";
import type { Signal } from "../../deploy/decide/model.ts";
import { versionOf } from "../../deploy/decide/situation.ts";
import type { OperationRecord } from "../../ledger/journal.ts";
import { type StepView, stepOf } from "./flight.ts";

export interface ReleaseRow {
  readonly operation: string;
  readonly kind: Goal["kind"];
  readonly version: string;
  readonly outcome: "succeeded" | "unchanged" | "failed" | "in flight";
  readonly actor: string;
  readonly commit?: string;
  readonly approver?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How long it took, in milliseconds; absent while it lasts. */
  readonly ms?: number;
  readonly why?: string;
}

export interface Explained {
  readonly row: ReleaseRow;
  readonly strategy: string;
  readonly lines: readonly ExplainedLine[];
}

export interface ExplainedLine extends Partial<Pick<StepView, "state" | "ms" | "problem" | "details">> {
  readonly at: number;
  readonly phase: string;
  readonly why: string;
  /** False where this version of Switchyard would decide otherwise from what was seen then. */
  readonly reproduced: boolean;
}

export function releaseRow(record: OperationRecord, approvals: ReadonlyMap<string, Signal>): ReleaseRow {
  const { operation, goal, at, outcome, endedAt, why } = record;
  const approver = approvals.get(operation)?.by;
  return {
    ...{ operation, at, kind: goal.kind, version: versionOf(goal), actor: goal.actor },
    outcome: outcome ?? "in flight",
    ...(goal.commit !== undefined && { commit: goal.commit }),
    ...(approver !== undefined && { approver }),
    ...(endedAt !== undefined && { ms: Math.max(0, endedAt - at) }),
    ...(why !== undefined && { why }),
  };
}

export function explained(row: ReleaseRow, goal: Goal, entries: readonly JournalEntry[]): Explained {
  const told = explainOperation(goal, entries);
  const lines = told.map(({ at, phase, why, reproduced }, index): ExplainedLine => {
    const [step] = entries[index] ? stepOf(entries[index]) : [];
    return { ...step, at, phase, why, reproduced };
  });
  return { row, strategy: strategyOf(goal), lines };
}

function strategyOf({ strategy }: Goal): string {
  if (strategy.kind === "canary") return `canary ${strategy.percent} %`;
  return strategy.kind === "linear" ? `linear, ${strategy.stepPercent} % a step` : "all at once";
}
