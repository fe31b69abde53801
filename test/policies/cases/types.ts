import type { Node } from "../support/evaluate.ts";

/** A resource that keeps every rule on its type. */
export interface Good {
  readonly props: Record<string, unknown>;
  readonly name?: string;
  readonly protect?: boolean;
}

/** What breaks a rule: a change of the good resource, property by property; undefined takes one away. */
export interface Fault {
  readonly rule: string;
  readonly type: string;
  readonly change?: Record<string, unknown>;
  readonly name?: string;
  readonly protect?: boolean;
  readonly settings?: Record<string, unknown>;
}

export interface Domain {
  readonly good: Readonly<Record<string, Good>>;
  readonly faults: readonly Fault[];
}

export function policy(...statements: readonly Record<string, unknown>[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** A rule on stacks with one that keeps it, one that breaks it, and one whose values are not known yet. */
export interface StackCase {
  readonly rule: string;
  readonly good: readonly Node[];
  readonly bad: readonly Node[];
  /** Left out where the rule looks at the graph alone, which every preview knows. */
  readonly undecided?: readonly Node[];
  readonly settings?: Record<string, unknown>;
  readonly tags?: Record<string, string>;
  readonly config?: Record<string, unknown>;
  /** The text of the file with prices; there is none when absent. */
  readonly prices?: string;
}
