/** What of a merge may be applied. Nothing here asks anybody. */
import type { PullRequest, Review } from "../../github/pulls.ts";
import type { AuditRecord } from "../../ledger/chain.ts";
import type { ToldChange } from "../../stacks/changes.ts";
import { isDestructive } from "../comment/render.ts";

/** Reviews of people other than the author, each person's last word. */
export function lastWords(author: string, reviews: readonly Review[]): readonly Review[] {
  const said = new Map<string, Review>();
  // A comment takes back nothing that was said before.
  for (const review of reviews)
    if (["APPROVED", "CHANGES_REQUESTED", "DISMISSED"].includes(review.state)) said.set(review.by, review);
  return [...said.values()].filter(({ by, isBot }) => !isBot && by !== "" && by.toLowerCase() !== author.toLowerCase());
}

export type Approval = { readonly approver: string } | { readonly why: string };

/**
 * Who has approved what is merged: the pull request's last commit, by somebody else, who may write at this moment.
 *
 * @param writers those of the reviewers who may write
 */
export function approvalOf(
  { author, head }: Pick<PullRequest, "author" | "head">,
  reviews: readonly Review[],
  writers: ReadonlySet<string>,
): Approval {
  const counting = lastWords(author, reviews).filter(({ by }) => writers.has(by));
  const objecting = counting.find(({ state }) => state === "CHANGES_REQUESTED");
  if (objecting) return { why: `${objecting.by} has requested changes` };
  const approving = counting.filter(({ state }) => state === "APPROVED");
  const approved = approving.findLast(({ commit }) => commit === head);
  if (approved) return { approver: approved.by };
  const [earlier] = approving;
  if (earlier)
    return { why: `${earlier.by} approved ${earlier.commit.slice(0, 12)}, and ${head.slice(0, 12)} was merged` };
  return { why: "nobody but its author, who may write here, has approved it" };
}

/** What would be deleted or replaced and was not to be when it was approved. */
export function newlyDestroyed(
  planned: readonly ToldChange[],
  approved: readonly ToldChange[] | undefined,
): readonly ToldChange[] {
  const known = new Set((approved ?? []).filter(isDestructive).map(({ op, urn }) => `${op} ${urn}`));
  return planned.filter((change) => isDestructive(change) && !known.has(`${change.op} ${change.urn}`));
}

/**
 * Commits that a stack may go back to: the last that a merge has applied, and where none has, those that a release or a hand
 * has, the newest first. One that nothing tells of may have been refused.
 *
 * @param records of the stack's audit
 * @param failed the commit that could not be applied
 */
export function goodCommits(
  records: readonly Pick<AuditRecord, "kind" | "outcome" | "commit" | "seq">[],
  failed: string,
): { readonly merged?: string; readonly otherwise: readonly string[] } {
  const newestFirst = records.toSorted((one, other) => other.seq - one.seq);
  const applied = (...by: readonly AuditRecord["kind"][]) =>
    newestFirst.flatMap(({ kind, outcome, commit }) =>
      by.includes(kind) && outcome !== "failed" && commit !== undefined && commit !== failed ? [commit] : [],
    );
  const [merged] = applied("merge");
  return merged === undefined ? { otherwise: [...new Set(applied("deploy", "apply"))] } : { merged, otherwise: [] };
}
