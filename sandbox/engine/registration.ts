import type { Goal } from "./goal.ts";
import type { Operator } from "./operator.ts";
import type { Resource } from "./state.ts";

/** One registration on its way: the goal, what there is, and what it shall be. */
export interface Registration {
  readonly urn: string;
  readonly goal: Goal;
  readonly old: Resource | undefined;
  readonly now: Resource;
  readonly operator: Operator | undefined;
}
