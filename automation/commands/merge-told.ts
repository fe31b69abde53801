/** What commands that apply a merge keep of it in the ledger, and say of it at GitHub and on Slack. */

import { systemClock } from "../clock.ts";
import { markerOf } from "../delivery/comment/chain.ts";
import { isWithin } from "../delivery/git.ts";
import { goodCommits } from "../delivery/merge/decide.ts";
import { sayOutcome, type Told, tolerated } from "../delivery/merge/say.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import type { Github } from "../github/client.ts";
import { writeChain } from "../github/comments.ts";
import type { PullRequest } from "../github/pulls.ts";
import { ownEntry, readHead, writeAudited } from "../ledger/audit.ts";
import type { AuditEntry } from "../ledger/chain.ts";
import { queryAudit } from "../ledger/query-audit.ts";
import type { StackTable } from "../ledger/table.ts";
import { keepReport } from "../render/report-file.ts";
import { tellSlack } from "../slack/send.ts";
import { mergeText } from "../slack/words.ts";
import { projectRoot } from "../surroundings.ts";
import type { Context } from "./context.ts";

export interface Merge {
  readonly context: Context;
  readonly github: Github;
  readonly pull: PullRequest;
  /** What was merged, and what the branch was before. */
  readonly commit: string;
  readonly before: string;
  readonly approver: string;
  /** Stacks whose drift it puts back: every resource of them is read first. */
  readonly repaired: readonly string[];
  readonly progress: Progress;
}

/** What has come of a merge so far, which its document says however it ends. */
export interface Progress {
  /** Stacks that it is applied to. */
  applied: string[];
  /** Those that apply it, or take it back; where it may not be applied, those that have found that. */
  executions: string[];
  undone?: Readonly<Record<string, Undone>>;
}

/** What came of a stack: the commit that it is back at, why it is frozen, or why it was left as it is. */
export type Undone = { readonly back: string } | { readonly left: string } | "frozen" | "frozen without a way";

/** The commit that a merge has applied last without an error; undefined where the ledger knows none. */
export async function lastMerged(context: Context, stack: string): Promise<string | undefined> {
  const { found } = await withTable(context, stack, (table) => queryAudit(table, { kind: "merge" }, 100));
  const good = found.find(({ record: { commit, outcome } }) => commit && outcome !== "failed");
  return good?.record.commit;
}

/** What a stack goes back to where a merge of it failed; undefined where nothing tells of a commit that was applied well. */
export async function lastGood(
  { context, commit, before }: Pick<Merge, "context" | "commit" | "before">,
  stack: string,
): Promise<string | undefined> {
  const { merged, otherwise } = await withTable(context, stack, async (table) => {
    const kinds = ["merge", "deploy", "apply"] as const;
    const found = await Promise.all(kinds.map((kind) => queryAudit(table, { kind }, 100)));
    return goodCommits(
      found.flatMap((each) => each.found.map(({ record }) => record)),
      commit,
    );
  });
  if (merged !== undefined) return merged;
  // Somebody's own commit, which the branch does not have, was approved by nobody.
  for (const good of otherwise) if (await isWithin(projectRoot, good, before)) return good;
  return undefined;
}

export async function record(
  context: Context,
  stack: string,
  started: number,
  entry: Pick<AuditEntry, "kind" | "outcome"> & Partial<AuditEntry>,
): Promise<void> {
  await withTable(context, stack, (table) => writeAudited(table, [ownEntry(systemClock, started, entry)]));
}

export async function withTable<T>(
  { where }: Context,
  partition: string,
  work: (table: StackTable) => Promise<T>,
): Promise<T> {
  const [stack = ""] = partition.split("#");
  return withAws(where, stack, (aws) => work(openTable(aws, partition)));
}

/** On GitHub and in git, with where the stack's audit is by then. */
export async function say(
  { context, github, pull, approver }: Merge,
  stack: string,
  what: Pick<Told, "commit" | "state" | "description">,
): Promise<void> {
  const audit = await withTable(context, stack, readHead);
  await sayOutcome(github, context.out.line, { ...what, stack, pullRequest: pull.number, approver, audit });
}

/** For people: on the pull request, and on Slack. */
export async function tell({ context, github, pull }: Merge, text: string): Promise<void> {
  const { where, out } = context;
  const { number, title } = pull;
  await keepReport(text);
  const write = () => writeChain(github, number, "merge", [`${markerOf("merge")}\n${text}\n`]);
  await tolerated(out.line, "not said on the pull request", async () => void (await write()));
  await tellSlack(mergeText({ number, title, url: `${github.url}/pull/${number}` }, text), where.pace, out.line);
}
