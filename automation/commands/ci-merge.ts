import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { affected } from "../delivery/affected.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { repairedBy } from "../delivery/drift/repair.ts";
import { changedPaths, commitOf, isWithin, parentsOf } from "../delivery/git.ts";
import { approvalOf, lastWords } from "../delivery/merge/decide.ts";
import { inTurn, isBusy } from "../delivery/merge/turn.ts";
import { stackName } from "../flags.ts";
import { type Github, openGithub } from "../github/client.ts";
import { mayWrite, type PullRequest, pullsOf, readReviews } from "../github/pulls.ts";
import type { AuditEntry } from "../ledger/chain.ts";
import type { Ended } from "../runner/follow.ts";
import { hadApplied } from "../runner/hand-over.ts";
import { stackValues } from "../stacks/open.ts";
import { hasBegun, type Plan } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { destroyOrder, standingStack } from "../teardown/order.ts";
import { type CommonFlags, type Context, told, withContext } from "./context.ts";
import { handOver } from "./hand-over.ts";
import { appliedTold } from "./kept-apart.ts";
import { type Check, type Checked, checkAll, setFor } from "./merge-check.ts";
import { lastMerged, type Merge, type Progress, record, say, tell } from "./merge-told.ts";
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
    const progress: Progress = { applied: [], executions: [] };
    const merge = { context, github, pull, commit, before, approver: await approver(github, pull), repaired, progress };
    const touched = await inOrder(context, paths);
    const stacks = touched.filter((stack) => only?.includes(stack) ?? true);
    out.line(
      `Pull request ${pull.number}, approved by ${merge.approver}: ${stacks.join(", ") || "no stack is touched"}`,
    );
    const about = { pullRequest: pull.number, commit };
    let failed: Ended | undefined;
    try {
      failed = await conduct(merge, stacks, flags);
    } catch (error) {
      out.document({ ...about, approver: merge.approver, ...progress, ...told(error) });
      throw error;
    }
    if (flags.check === true && failed === undefined) return out.document({ ...about, checked: stacks });
    out.document({ ...about, approver: merge.approver, ...progress });
    if (failed !== undefined) conclude(out, failed);
  });
}

/** @returns how an execution ended that did not succeed, and after which there was nothing to take back */
async function conduct(merge: Merge, stacks: readonly string[], flags: CiMergeFlags): Promise<Ended | undefined> {
  const { commit, progress } = merge;
  if (flags.takeBack === true) {
    const others = { what: "another stack of the same merge could not be applied", where: commit.slice(0, 12) };
    await undo(merge, stacks.toReversed(), others);
  }
  const checked = await checkAll(merge, stacks, flags.check === true);
  if ("failed" in checked) return checked.failed;
  if (flags.check === true) return undefined;
  const failed = await applyAll(merge, checked);
  // Of one alone its job has said it.
  if (failed === undefined && (stacks.length > 1 || progress.executions.length === 0))
    await tell(merge, `✅ Applied ${commit.slice(0, 12)}: ${progress.applied.join(", ") || "no stack is touched"}`);
  return failed;
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

/** @returns how the execution ended of one that did not succeed, and after which there was nothing to take back */
async function applyAll(merge: Merge, stacks: Checked): Promise<Ended | undefined> {
  const { context, progress } = merge;
  const queue = { clock: systemClock, pace: context.where.pace, tell: context.out.line };
  for (const [stack, check] of stacks) {
    if (check === "handed over") {
      const ended = await applyThere(merge, stack);
      if (ended.status !== "SUCCEEDED") return ended;
      progress.applied.push(stack);
      continue;
    }
    await say(merge, stack, { commit: merge.commit, state: "in_progress", description: "applying" });
    try {
      if (await inTurn(queue, () => applyUnlessLater(merge, stack, check))) progress.applied.push(stack);
    } catch (error) {
      // What is refused or interrupted has written nothing, or is gone on with by the next run.
      if (!hasBegun(error)) throw error;
      const why = { what: error.what, where: error.where, stack, cause: error };
      await undo(merge, [...progress.applied, stack].toReversed(), why);
    }
  }
  return undefined;
}

/** By a job of the runner, which goes back itself: what is applied already goes back after it. */
async function applyThere(merge: Merge, stack: string): Promise<Ended> {
  const { context, commit, pull, progress } = merge;
  const begun = (execution: string) => progress.executions.push(execution);
  const ended = await handOver(context, "merge", { stack, commit, pullRequest: pull.number }, begun);
  const outcome = hadApplied(ended.error);
  if (outcome !== undefined && progress.applied.length > 0)
    await undo(merge, progress.applied.toReversed(), {
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
