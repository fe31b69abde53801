import type { ReleaseDocument } from "../../programs/release.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { type PlannedChange, unknownValue } from "../stacks/changes.ts";

/** What a change does to what serves or is kept for a rollback. Of disruptive ones, in words: "restarts the database". */
export type Verdict = "harmless" | "at release" | { readonly disrupts: string };

/** What the ledger says of an environment. */
export interface View {
  readonly release: ReleaseDocument;
  /** Absent before the first `up`. */
  readonly shape: EnvironmentShape | undefined;
  /** The operation that was interrupted, such as "deploy v2"; none for that operation's own update. */
  readonly inFlight?: string | undefined;
}

/** A change with the service it belongs to, if it is one's own. */
export interface Change extends PlannedChange {
  readonly service?: string | undefined;
}

export type Judge = (change: Change, view: View) => Verdict;

/** What an update of a type of resource does to what serves. */
export interface Row {
  /** By input; those of every type (`common`) need not be named. */
  readonly properties?: Readonly<Record<string, Verdict | Judge>>;
  /** Harmless when absent. */
  readonly create?: Judge;
  readonly replace: Verdict | Judge;
  /** What `replace` says when absent. */
  readonly delete?: Verdict | Judge;
}

export function disrupts(why: string): Verdict {
  return { disrupts: why };
}

export const harmless: Verdict = "harmless";

/** The value of an input before and after. */
export function sides({ before, after }: PlannedChange, property: string): readonly [unknown, unknown] {
  return [before?.[property], after?.[property]];
}

export function isUnknown(value: unknown): boolean {
  return value === unknownValue;
}

/**
 * True when a list keeps all it had. What is not known yet is taken for new: a resource that leaves a list because it
 * is deleted or replaced is judged by itself.
 */
export function grows(before: unknown, after: unknown): boolean {
  if (isUnknown(after) || before === undefined) return true;
  if (!Array.isArray(before) || !Array.isArray(after)) return false;
  const gone = before.filter((value) => !after.includes(value));
  return gone.length <= after.filter(isUnknown).length && after.length >= before.length;
}
