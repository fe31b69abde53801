import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { affected } from "../delivery/affected.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { markerOf } from "../delivery/comment/chain.ts";
import { repairedBy } from "../delivery/drift/repair.ts";
import { changedPaths, commitOf, isWithin, parentsOf } from "../delivery/git.ts";
import { approvalOf, lastWords, newlyDestroyed } from "../delivery/merge/decide.ts";
import { applyCommit } from "../delivery/merge/go-back.ts";
import { sayOutcome, type Told, tolerated } from "../delivery/merge/say.ts";
import { proveServing } from "../delivery/merge/serves.ts";
import { inTurn, isBusy } from "../delivery/merge/turn.ts";
import { plansOf, type RecordedPlan, readPlan } from "../delivery/plan-record.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { type Github, openGithub } from "../github/client.ts";
import { writeChain } from "../github/comments.ts";
import { mayWrite, type PullRequest, pullsOf, readReviews } from "../github/pulls.ts";
import { ownEntry, readHead, whereFrom, writeAudited } from "../ledger/audit.ts";
import type { AuditEntry } from "../ledger/chain.ts";
import { setFrozen } from "../ledger/freeze.ts";
import { queryAudit } from "../ledger/query-audit.ts";
import type { StackTable } from "../ledger/table.ts";
import { keepReport } from "../render/report-file.ts";
import { tellSlack } from "../slack/send.ts";
import { frozenText, mergeText } from "../slack/words.ts";
import { nameOf } from "../stacks/changes.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import { type Plan, plan } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { destroyOrder, standingStack } from "../teardown/order.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { appliedTold } from "./kept-apart.ts";
import { applyStack, parseFlags } from "./stacks.ts";

export interface CiMergeFlags extends CommonFlags {
  /** Stacks this run may apply; all when absent. */
  readonly only?: readonly string[];
}

interface Merge {
  readonly context: Context;
  readonly github: Github;
  readonly pull: PullRequest;
  /** What was merged, and what the branch was before. */
  readonly commit: string;
  readonly before: string;
  readonly approver: string;
  /** Stacks whose drift it puts back: every resource of them is read first. */
  readonly repaired: readonly string[];
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
    const checks: (readonly [string, Check])[] = [];
    for (const stack of stacks) checks.push([stack, await refuseChanged(merge, stack)]);
    const done = await applyAll(merge, checks);
    await tell(context, github, pull, `✅ Applied ${commit.slice(0, 12)}: ${done.join(", ") || "no stack is touched"}`);
    out.document({ pullRequest: pull.number, commit, approver: merge.approver, applied: done });
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

async function applyAll(merge: Merge, stacks: readonly (readonly [string, Check])[]): Promise<readonly string[]> {
  const { context } = merge;
  const done: string[] = [];
  const queue = { clock: systemClock, pace: context.where.pace, tell: context.out.line };
  for (const [stack, check] of stacks) {
    await say(merge, stack, { commit: merge.commit, state: "in_progress", description: "applying" });
    try {
      if (await inTurn(queue, () => applyUnlessLater(merge, stack, check))) done.push(stack);
    } catch (error) {
      // What is refused or interrupted has written nothing, or is gone on with by the next run.
      if (!(error instanceof SwitchyardError) || error.code !== "update-failed") throw error;
      await undo(merge, [...done, stack].toReversed(), error);
    }
  }
  return done;
}

/** @returns false where a later commit is applied already, which this is part of */
async function applyUnlessLater(merge: Merge, stack: string, check: Check): Promise<boolean> {
  const { context, commit } = merge;
  const newer = await lastGood(context, stack);
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

/** @throws SwitchyardError `merge-undone`, always. */
async function undo(merge: Merge, stacks: readonly string[], error: SwitchyardError): Promise<never> {
  const { context, github, commit, pull, before } = merge;
  const frozen: string[] = [];
  const back: string[] = [];
  for (const stack of stacks) {
    const good = (await lastGood(context, stack, commit)) ?? before;
    const started = systemClock.now();
    context.out.line(`${stack}: going back to ${good.slice(0, 12)}`);
    const failed = {
      commit,
      state: "failure",
      description: `${stack === stacks[0] ? "could not be applied" : "taken back"}`,
    } as const;
    await say(merge, stack, failed);
    try {
      await applyCommit(good, stack, context.out.line);
      await withTable(context, stack, (table) => proveServing(context.where, table));
      back.push(`${stack} to ${good.slice(0, 12)}`);
      const why = `went back from ${commit.slice(0, 12)}`;
      await record(context, stack, started, { kind: "merge", outcome: "succeeded", commit: good, why });
      await say(merge, stack, { commit: good, state: "success", description: why });
    } catch (cause) {
      const why = `${commit.slice(0, 12)} could not be applied, nor ${good.slice(0, 12)} again: ${(cause as Error).message}`;
      context.out.line(`${stack}: ${why}`);
      await withTable(context, stack, (table) => setFrozen(table, systemClock, true, why.slice(0, 300)));
      const alert = frozenText(stack, { by: "a merge", why: why.slice(0, 300), run: whereFrom() });
      await tellSlack(alert, context.where.pace, context.out.line);
      frozen.push(stack);
    }
  }
  const outcome = [
    ...(back.length > 0 ? [`went back: ${back.join(", ")}`] : []),
    ...(frozen.length > 0 ? [`frozen, as the way back failed too: ${frozen.join(", ")}`] : []),
  ].join("; ");
  await tell(context, github, pull, `❌ ${commit.slice(0, 12)} could not be applied; ${outcome}`);
  throw new SwitchyardError("merge-undone", {
    what: `${error.what}; ${outcome}`,
    where: error.where,
    fix: "correct it in a new pull request",
    cause: error,
  });
}

/** The commit that was applied last without an error; undefined where the ledger knows none. */
async function lastGood(context: Context, stack: string, except?: string): Promise<string | undefined> {
  const { found } = await withTable(context, stack, (table) => queryAudit(table, { kind: "merge" }, 100));
  const good = found.find(({ record: { commit, outcome } }) => commit && commit !== except && outcome !== "failed");
  return good?.record.commit;
}

async function record(
  context: Context,
  stack: string,
  started: number,
  entry: Pick<AuditEntry, "kind" | "outcome"> & Partial<AuditEntry>,
): Promise<void> {
  await withTable(context, stack, (table) => writeAudited(table, [ownEntry(systemClock, started, entry)]));
}

async function withTable<T>(
  { where }: Context,
  partition: string,
  work: (table: StackTable) => Promise<T>,
): Promise<T> {
  const [stack = ""] = partition.split("#");
  return withAws(where, stack, (aws) => work(openTable(aws, partition)));
}

/** On GitHub and in git, with where the stack's audit is by then. */
async function say(
  { context, github, pull, approver }: Merge,
  stack: string,
  what: Pick<Told, "commit" | "state" | "description">,
): Promise<void> {
  const audit = await withTable(context, stack, readHead);
  await sayOutcome(github, context.out.line, { ...what, stack, pullRequest: pull.number, approver, audit });
}

/** For people: on the pull request, and on Slack. */
async function tell({ where, out }: Context, github: Github, pull: PullRequest, text: string): Promise<void> {
  const { number, title } = pull;
  await keepReport(text);
  const write = () => writeChain(github, number, "merge", [`${markerOf("merge")}\n${text}\n`]);
  await tolerated(out.line, "not said on the pull request", async () => void (await write()));
  await tellSlack(mergeText({ number, title, url: `${github.url}/pull/${number}` }, text), where.pace, out.line);
}

function refused(where: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("merge-refused", { what, where, fix });
}
