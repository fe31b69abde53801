import { isDeepStrictEqual } from "node:util";
import type { Decision, JournalEntry } from "./decision.ts";
import type { Goal } from "./goal.ts";
import { next } from "./next.ts";
import { fold, nothingYet } from "./progress.ts";

export interface ExplainedDecision {
  readonly at: number;
  readonly phase: string;
  readonly why: string;
  readonly decision: Decision;
  /** True when `next` decides the same from the recorded observation, or another command ordered it. */
  readonly reproduced: boolean;
}

/** Plays an operation's recorded observations through `next` again. */
export function explainOperation(goal: Goal, entries: readonly JournalEntry[]): readonly ExplainedDecision[] {
  let progress = nothingYet;
  return entries.map((entry) => {
    const { decision, observed, at } = entry;
    const again = observed && next({ goal, observed, progress, now: at });
    const ordered = decision.kind === "step" && decision.ordered === true;
    progress = fold(progress, entry);
    return {
      at,
      phase: decision.kind === "step" || decision.kind === "wait" ? decision.phase : decision.kind,
      why: decision.why,
      decision,
      reproduced: ordered || isDeepStrictEqual(plain(again), plain(decision)),
    };
  });
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
