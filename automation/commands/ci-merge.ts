import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { affected } from "../delivery/affected.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { repairedBy } from "../delivery/drift/repair.ts";
import { changedPaths, commitOf, isWithin, parentsOf } from "../delivery/git.ts";
import { approvalOf, lastWords, newlyDestroyed } from "../delivery/merge/decide.ts";
import { inTurn, isBusy } from "../delivery/merge/turn.ts";
import { plansOf, type RecordedPlan, readPlan } from "../delivery/plan-record.ts";
import { stackName } from "../flags.ts";
import { type Github, openGithub } from "../github/client.ts";
import { mayWrite, type PullRequest, pullsOf, readReviews } from "../github/pulls.ts";
import type { AuditEntry } from "../ledger/chain.ts";
import type { Ended } from "../runner/follow.ts";
import { hadApplied } from "../runner/hand-over.ts";
import { nameOf } from "../stacks/changes.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import { type Plan, plan } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { destroyOrder, standingStack } from "../teardown/order.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { handOver, isHandedOver } from "./hand-over.ts";
import { appliedTold } from "./kept-apart.ts";
import { lastMerged, type Merge, record, say, tell, withTable } from "./merge-told.ts";
import { undo } from "./merge-undo.ts";
import { conclude } from "./runner-context.ts";
import { applyStack, parseFlags } from "./stacks.ts";

export interface CiMergeFlags extends CommonFlags {
  /** Stacks this run may apply; all when absent. */
  readonly only?: readonly string[];
  /** Takes back what the merge has applied to them: another stack of it, which another process applies, has failed. */
  readonly takeBack?: boolean;
  /** Applies nothing: only holds the plans against the approved ones. */
  readonly check?: boolean;
}

/**
 * Applies what a pull request has merged, in the order in which stacks need each other: when somebody else has approved it, and
 * nothing is deleted or replaced that was not when they did. Where an update fails the last good commit is applied again.
 */
export function ciMerge(flags: CiMergeFlags): Promise<void> {
  const only = flags.only?.map((name) => stackName(name, "--only"));
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const github = openGithub(process.env, where.pace, out.line);
    const commit = await commitOf(projectRoot, "HEAD", "HEAD");
    const [before = commit] = await parentsOf(projectRoot, commit);
    const pull = (await pullsOf(github, commit)).find(({ mergeCommit }) => mergeCommit === commit);
    if (!pull)
      throw refused(commit, "it is the merge of no pull request", "open one with it, and have somebody approve it");
    const paths = await changedPaths(projectRoot, before, commit);
    const repaired = paths.flatMap((path) => repairedBy(path) ?? []);
    const merge = { context, github, pull, commit, before, approver: await approver(github, pull), repaired };
    const touched = await inOrder(context, paths);
    const stacks = touched.filter((stack) => only?.includes(stack) ?? true);
    out.line(
      `Pull request ${pull.number}, approved by ${merge.approver}: ${stacks.join(", ") || "no stack is touched"}`,
    );
    if (flags.takeBack === true) {
      const others = { what: "another stack of the same merge could not be applied", where: commit.slice(0, 12) };
      await undo(merge, stacks.toReversed(), others);
    }
    const checks: (readonly [string, Check | "handed over"])[] = [];
    for (const stack of stacks) {
      if (!(await isHandedOver(context, stack))) checks.push([stack, await refuseChanged(merge, stack)]);
      else {
        // One alone is held against its plan by the job that applies it.
        const isAlone = stacks.length === 1 && flags.check !== true;
        const ended = isAlone ? undefined : await checkThere(merge, stack);
        if (ended !== undefined && ended.status !== "SUCCEEDED") return refusedThere(context, ended);
        checks.push([stack, "handed over"]);
      }
    }
    if (flags.check === true) return out.document({ pullRequest: pull.number, commit, checked: stacks });
    const { done, executions, failed } = await applyAll(merge, checks);
    out.document({ pullRequest: pull.number, commit, approver: merge.approver, applied: done, executions });
    if (failed !== undefined) return conclude(out, failed);
    // Of one alone its job has said it.
    if (stacks.length > 1 || executions.length === 0)
      await tell(merge, `✅ Applied ${commit.slice(0, 12)}: ${done.join(", ") || "no stack is touched"}`);
  });
}

async function approver(github: Github, pull: PullRequest): Promise<string> {
  const reviews = await readReviews(github, pull.number);
  const people = lastWords(pull.author, reviews).map(({ by }) => by);
  const writing = await Promise.all(people.map((login) => mayWrite(github, login)));
  const found = approvalOf(pull, reviews, new Set(people.filter((_, i) => writing[i])));
  if ("approver" in found) return found.approver;
  throw refused(`pull request ${pull.number}`, found.why, "have its changes approved in a new pull request");
}

/** Each after those it needs. */
async function inOrder({ where }: Context, paths: readonly string[]): Promise<readonly string[]> {
  const checkout = await readCheckout(projectRoot);
  const standing = affected(paths, checkout).stacks.map(async (name) =>
    standingStack(name, await stackValues(where, name)),
  );
  return destroyOrder(await Promise.all(standing))
    .map(({ name }) => name)
    .toReversed();
}

type Check = (planned: Plan) => void;

/** Before anything is applied: a plan that has changed stops all of it. @returns what the plan is held against again */
async function refuseChanged(merge: Merge, stack: string): Promise<Check> {
  const { context, pull } = merge;
  const values = await setFor(merge, stack);
  const over = Object.fromEntries(Object.entries(values).map(([key, value]) => [`switchyard:${key}`, value]));
  const approved = await withTable(context, plansOf(stack), (table) => readPlan(table, pull.head));
  const check = (planned: Plan) => refuseDestroying(planned, approved);
  check(await plan(await openStack(context.where, stack, over), { refresh: merge.repaired.includes(stack) }));
  return check;
}

/** Likewise, by a job of the runner. */
function checkThere({ context, commit, pull }: Merge, stack: string): Promise<Ended> {
  return handOver(context, "merge", { stack, commit, pullRequest: pull.number, check: true });
}

function refusedThere({ out }: Context, ended: Ended): void {
  out.document({ applied: [], executions: [ended.execution] });
  conclude(out, ended);
}

function refuseDestroying({ stack, hash, changes }: Plan, approved: RecordedPlan | undefined): void {
  if (approved?.hash === hash) return;
  const [first, ...more] = newlyDestroyed(changes, approved?.changes);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  const when = approved === undefined ? "and no plan was written down of it" : "which the approved plan did not";
  throw refused(
    `stack ${stack}`,
    `it would ${first.op} ${nameOf(first.urn)}${others}, ${when}`,
    "open a pull request whose plan says so, and have it approved",
  );
}

/** Images are pushed under the commit that was merged: a tag never moves. */
async function setFor({ context, commit }: Merge, stack: string): Promise<Readonly<Record<string, string>>> {
  const isImages = programOf(stack, await stackValues(context.where, stack)) === "images";
  return isImages ? { tag: commit.slice(0, 12), source: projectRoot } : {};
}

interface Applied {
  readonly done: readonly string[];
  /** Of those that the runner applies. */
  readonly executions: readonly string[];
  /** Of one that did not succeed, and after which there was nothing to take back. */
  readonly failed?: Ended;
}

async function applyAll(merge: Merge, stacks: readonly (readonly [string, Check | "handed over"])[]): Promise<Applied> {
  const { context } = merge;
  const done: string[] = [];
  const executions: string[] = [];
  const queue = { clock: systemClock, pace: context.where.pace, tell: context.out.line };
  for (const [stack, check] of stacks) {
    if (check === "handed over") {
      const ended = await applyThere(merge, stack, done);
      executions.push(ended.execution);
      if (ended.status !== "SUCCEEDED") return { done, executions, failed: ended };
      done.push(stack);
      continue;
    }
    await say(merge, stack, { commit: merge.commit, state: "in_progress", description: "applying" });
    try {
      if (await inTurn(queue, () => applyUnlessLater(merge, stack, check))) done.push(stack);
    } catch (error) {
      // What is refused or interrupted has written nothing, or is gone on with by the next run.
      if (!(error instanceof SwitchyardError) || error.code !== "update-failed") throw error;
      await undo(merge, [...done, stack].toReversed(), { what: error.what, where: error.where, stack, cause: error });
    }
  }
  return { done, executions };
}

/** By a job of the runner, which goes back itself: what is applied already goes back after it. */
async function applyThere(merge: Merge, stack: string, done: readonly string[]): Promise<Ended> {
  const { context, commit, pull } = merge;
  const ended = await handOver(context, "merge", { stack, commit, pullRequest: pull.number });
  const outcome = hadApplied(ended.error);
  if (outcome !== undefined && done.length > 0)
    await undo(merge, done.toReversed(), {
      what: `${stack} could not be applied`,
      where: ended.execution,
      there: { stack, outcome },
    });
  return ended;
}

/** @returns false where a later commit is applied already, which this is part of */
async function applyUnlessLater(merge: Merge, stack: string, check: Check): Promise<boolean> {
  const { context, commit } = merge;
  const newer = await lastMerged(context, stack);
  if (newer !== undefined && newer !== commit && (await isWithin(projectRoot, commit, newer))) {
    context.out.line(`${stack}: ${newer.slice(0, 12)} is applied already, which this is part of`);
    await say(merge, stack, { commit, state: "success", description: `part of ${newer.slice(0, 12)}` });
    return false;
  }
  await applyOne(merge, stack, check);
  await say(merge, stack, { commit, state: "success", description: "applied" });
  return true;
}

async function applyOne(merge: Merge, stack: string, check: Check): Promise<void> {
  const { context, commit, approver: by } = merge;
  const started = systemClock.now();
  let planHash: string | undefined;
  const set = Object.entries(await setFor(merge, stack)).map(([key, value]) => `${key}=${value}`);
  const given = parseFlags({ set });
  const refuse = (planned: Plan) => {
    check(planned);
    planHash = planned.hash;
  };
  const entry = (end: Pick<AuditEntry, "outcome"> & Partial<AuditEntry>) => ({
    ...{ kind: "merge" as const, commit, approver: by, planHash },
    ...end,
  });
  let counts: object;
  try {
    ({ counts } = await applyStack(context, stack, { given, refuse, refresh: merge.repaired.includes(stack) }));
  } catch (error) {
    if (isBusy(error)) throw error;
    const why = (error as Error).message.split("\n")[0]?.slice(0, 600) ?? "";
    await record(context, stack, started, entry({ outcome: "failed", why }));
    throw error;
  }
  const { outcome = "succeeded" } = appliedTold({ counts: { ...counts }, planHash: planHash ?? "" });
  await record(context, stack, started, entry({ outcome }));
}

function refused(where: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("merge-refused", { what, where, fix });
}
