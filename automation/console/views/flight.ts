/** An operation under way, as a person follows it: what was done, what is done now, and what it waits for. */

import type { Decision, JournalEntry, Phase } from "../../deploy/decide/decision.ts";
import type { Goal } from "../../deploy/decide/goal.ts";
import type { Progress } from "../../deploy/decide/progress.ts";
import { versionOf } from "../../deploy/decide/situation.ts";
import type { OperationRecord } from "../../ledger/journal.ts";

export interface Stage {
  readonly phase: Phase;
  readonly state: "done" | "now" | "ahead";
}

export interface StepView {
  readonly at: number;
  readonly phase: Phase;
  readonly why: string;
  readonly state: "done" | "failed" | "under way";
  /** How long it took, in milliseconds. */
  readonly ms?: number;
  readonly problem?: string;
  /** What a person needs to see beside the reason. */
  readonly details?: readonly string[];
}

export interface Flight {
  readonly operation: string;
  readonly kind: Goal["kind"];
  readonly version: string;
  readonly actor: string;
  /** Milliseconds since the epoch, as every time here. */
  readonly at: number;
  readonly stages: readonly Stage[];
  /** Oldest first, the last of them. */
  readonly steps: readonly StepView[];
  /** What it waits for, and until when at the latest. */
  readonly waits?: { readonly why: string; readonly until: number };
  /** What it needs a person for. */
  readonly halted?: { readonly why: string; readonly fix: string };
  /** True while it waits for an approval. */
  readonly approvable: boolean;
  /** Why it turned back. */
  readonly undo?: string;
  /** False where no process holds the lease: the command that began it has to be run again. */
  readonly atWork: boolean;
}

/** The way of a release that nothing goes wrong with, in order. */
const ways: Readonly<Record<"deploy" | "rollback", readonly Phase[]>> = {
  deploy: ["stage", "migrate", "start", "healthy", "prove", "approve", "shift", "verify", "finish"],
  rollback: ["start", "healthy", "shift", "verify", "finish"],
};

/** Steps shown of an operation that has more. */
const stepsShown = 30;

/** Phases that are a part of another one on the way. */
const within: Readonly<Partial<Record<Phase, Phase>>> = { plan: "start", bake: "shift" };

export function flightView(
  { operation, goal, at }: Pick<OperationRecord, "operation" | "goal" | "at">,
  entries: readonly JournalEntry[],
  progress: Progress,
  { decision, atWork }: { readonly decision: Decision | undefined; readonly atWork: boolean },
): Flight {
  const steps = entries.flatMap(stepOf);
  const last = steps.at(-1);
  const current = last?.state === "under way" || decision === undefined ? last?.phase : phaseOf(decision, last?.phase);
  const approvable = decision?.kind === "wait" && decision.phase === "approve";
  return {
    ...{ operation, at, atWork, approvable, kind: goal.kind, version: versionOf(goal), actor: goal.actor },
    stages: stagesOf(goal, steps, current),
    steps: steps.slice(-stepsShown),
    ...(decision?.kind === "wait" && { waits: { why: decision.why, until: decision.until } }),
    ...(decision?.kind === "halt" && { halted: { why: decision.why, fix: decision.fix } }),
    ...(progress.undo !== undefined && { undo: progress.undo }),
  };
}

export function stepOf({ decision, result, at, doneAt }: JournalEntry): readonly StepView[] {
  if (decision.kind !== "step") return [];
  const { phase, why, details, undo } = decision;
  const isWord = decision.writes.length === 0 && (decision.probes ?? []).length === 0;
  const done = isWord || undo !== undefined || result?.ok === true;
  const state = result?.ok === false ? "failed" : done ? "done" : "under way";
  return [
    {
      ...{ at, phase, why, state },
      ...(doneAt !== undefined && { ms: Math.max(0, doneAt - at) }),
      ...(result?.problem !== undefined && { problem: result.problem }),
      ...(details && { details }),
    },
  ];
}

function phaseOf(decision: Decision, before: Phase | undefined): Phase | undefined {
  return decision.kind === "step" || decision.kind === "wait" ? decision.phase : before;
}

/** The way ahead where there is a known one, else what was met; the undoing, once it began, at its end. */
function stagesOf(goal: Goal, steps: readonly StepView[], current: Phase | undefined): readonly Stage[] {
  const stage = (phase: Phase) => within[phase] ?? phase;
  const met = [...new Set([...steps.map(({ phase }) => stage(phase)), ...(current ? [stage(current)] : [])])];
  const known = goal.kind === "deploy" || goal.kind === "rollback" ? ways[goal.kind] : [];
  const way = known.filter((phase) => phase !== "approve" || (goal.kind === "deploy" && goal.approval));
  const undone = met.includes("undo");
  const phases = undone || way.length === 0 ? met : way;
  const here = current === undefined ? -1 : phases.indexOf(stage(current));
  return phases.map((phase, index) => ({
    phase,
    state: index === here ? "now" : index < here ? "done" : "ahead",
  }));
}
