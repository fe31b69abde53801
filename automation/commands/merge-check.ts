/** Before a merge is applied: the plan of each stack is held against the approved one, and nothing is written. */
import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { newlyDestroyed } from "../delivery/merge/decide.ts";
import { plansOf, type RecordedPlan, readPlan } from "../delivery/plan-record.ts";
import { type Ended, endedText } from "../runner/follow.ts";
import { nameOf } from "../stacks/changes.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import { type Plan, plan } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { handOverTogether, isHandedOver } from "./hand-over.ts";
import { type Merge, withTable } from "./merge-told.ts";

export type Check = (planned: Plan) => void;

/** What each stack's plan is held against again as it is applied; a job of the runner's does so itself. */
export type Checked = readonly (readonly [stack: string, Check | "handed over"])[];

/**
 * Of all: first of those that are applied here, one after the other, then of those that the runner applies, together.
 *
 * @param onlyCheck whether nothing is applied afterwards; else one alone is held against its plan by the job that applies it
 * @returns how the first of the runner's ended that may not be applied, instead
 */
export async function checkAll(
  merge: Merge,
  stacks: readonly string[],
  onlyCheck: boolean,
): Promise<Checked | { readonly failed: Ended }> {
  const there = new Set<string>();
  for (const stack of stacks) if (await isHandedOver(merge.context, stack)) there.add(stack);
  const here = new Map<string, Check>();
  for (const stack of stacks) if (!there.has(stack)) here.set(stack, await refuseChanged(merge, stack));
  if (there.size > 0 && (stacks.length > 1 || onlyCheck)) {
    const failed = await checkThere(merge, [...there]);
    if (failed !== undefined) return { failed };
  }
  return stacks.map((stack) => [stack, here.get(stack) ?? "handed over"]);
}

/** A plan that has changed stops all of it. @returns what the plan is held against again */
async function refuseChanged(merge: Merge, stack: string): Promise<Check> {
  const { context, pull } = merge;
  const values = await setFor(merge, stack);
  const over = Object.fromEntries(Object.entries(values).map(([key, value]) => [`switchyard:${key}`, value]));
  const approved = await withTable(context, plansOf(stack), (table) => readPlan(table, pull.head));
  const check = (planned: Plan) => refuseDestroying(planned, approved);
  check(await plan(await openStack(context.where, stack, over), { refresh: merge.repaired.includes(stack) }));
  return check;
}

/** Likewise, each by a job of the runner. @returns how the first ended that did not succeed */
async function checkThere(merge: Merge, stacks: readonly string[]): Promise<Ended | undefined> {
  const { context, commit, pull, progress } = merge;
  const given = stacks.map((stack) => ({ stack, commit, pullRequest: pull.number, check: true }));
  const begun = (execution: string) => progress.executions.push(execution);
  const { first, executions, others } = failedOf(stacks, await handOverTogether(context, "merge", given, begun));
  progress.executions = [...executions];
  for (const line of others) context.out.line(line);
  if (first === undefined || "execution" in first) return first;
  throw first.error;
}

export interface FailedChecks {
  /** In the order of the stacks; undefined where all succeeded. */
  readonly first: Ended | { readonly error: unknown } | undefined;
  /** Of those that did not succeed. */
  readonly executions: readonly string[];
  /** What is said of those after the first, which no exit code tells of. */
  readonly others: readonly string[];
}

/** In the order of the stacks, whatever ended first. */
export function failedOf(stacks: readonly string[], results: readonly PromiseSettledResult<Ended>[]): FailedChecks {
  const failed = results.flatMap((result, i): readonly { stack: string; of: Ended | { error: unknown } }[] => {
    const stack = stacks[i] ?? "";
    if (result.status === "rejected") return [{ stack, of: { error: result.reason } }];
    return result.value.status === "SUCCEEDED" ? [] : [{ stack, of: result.value }];
  });
  return {
    first: failed[0]?.of,
    executions: failed.flatMap(({ of }) => ("execution" in of ? [of.execution] : [])),
    others: failed
      .slice(1)
      .map(({ stack, of }) => `! ${stack}: ${"execution" in of ? endedText(of) : (of.error as Error).message}`),
  };
}

function refuseDestroying({ stack, hash, changes }: Plan, approved: RecordedPlan | undefined): void {
  if (approved?.hash === hash) return;
  const [first, ...more] = newlyDestroyed(changes, approved?.changes);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  const when = approved === undefined ? "and no plan was written down of it" : "which the approved plan did not";
  throw new SwitchyardError("merge-refused", {
    what: `it would ${first.op} ${nameOf(first.urn)}${others}, ${when}`,
    where: `stack ${stack}`,
    fix: "open a pull request whose plan says so, and have it approved",
  });
}

/** Images are pushed under the commit that was merged: a tag never moves. */
export async function setFor({ context, commit }: Merge, stack: string): Promise<Readonly<Record<string, string>>> {
  const isImages = programOf(stack, await stackValues(context.where, stack)) === "images";
  return isImages ? { tag: commit.slice(0, 12), source: projectRoot } : {};
}
