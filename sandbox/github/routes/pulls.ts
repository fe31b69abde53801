import { type Call, type Handlers, pullOf, requireRole, text } from "../call.ts";
import { notFound, Refusal, refuseLonger } from "../refusal.ts";
import { headOf, pullShape, reviewShape } from "../shapes.ts";
import type { Issue, Pull, Repository, Review } from "../state.ts";
import { openIssue } from "./issues.ts";

type PullIssue = Issue & { readonly pull: Pull };

const isPull = (issue: Issue): issue is PullIssue => issue.pull !== undefined;
const shape = (call: Call, issue: PullIssue, alone = true) => pullShape(call.places, call.repository, issue, alone);

export const pulls: Handlers = {
  "pulls/create": async (call) => {
    const { repository, body, state } = call;
    const [headRef, headRepository] = headIn(call, text(body["head"]));
    const baseRef = text(body["base"]);
    const [head, base] = await Promise.all([
      headRepository.git.commit(`refs/heads/${headRef}`),
      repository.git.commit(`refs/heads/${baseRef}`),
    ]);
    for (const [field, found] of Object.entries({ head, base }))
      if (!found)
        throw new Refusal(422, "Validation Failed", { errors: [{ resource: "PullRequest", field, code: "invalid" }] });
    const same = repository.issues.some(
      ({ pull, state: is }) => pull?.headRef === headRef && pull.headRepository === headRepository && is === "open",
    );
    if (same) {
      const message = `A pull request already exists for ${headRepository.owner}:${headRef}.`;
      throw new Refusal(422, "Validation Failed", { errors: [{ resource: "PullRequest", code: "custom", message }] });
    }
    const pull: Pull = { headRef, headRepository, baseRef, reviews: [], draft: body["draft"] === true };
    const issue = openIssue(call, { title: text(body["title"]), body: text(body["body"]), labels: [], pull });
    return { status: 201, body: await shape({ ...call, state }, issue as PullIssue) };
  },

  "pulls/get": async (call) => ({ status: 200, body: await shape(call, pullOf(call)) }),

  "pulls/list": async (call) => {
    const { state = "open", head, base } = call.params;
    const found = call.repository.issues.filter(isPull).filter(({ state: is, pull }) => {
      const label = `${pull.headRepository.owner}:${pull.headRef}`;
      return (state === "all" || is === state) && [undefined, label].includes(head as string | undefined)
        ? [undefined, pull.baseRef].includes(base as string | undefined)
        : false;
    });
    return { status: 200, all: await Promise.all(found.toReversed().map((issue) => shape(call, issue, false))) };
  },

  "pulls/update": async (call) => {
    const issue = pullOf(call);
    if (issue.user !== call.user) requireRole(call, "triage");
    const { title, state, body } = call.body;
    if (title !== undefined) issue.title = text(title);
    if (body !== undefined) issue.body = text(body);
    if (state === "closed" || state === "open") await setState(call, issue, state);
    return { status: 200, body: await shape(call, issue) };
  },

  "pulls/merge": async (call) => {
    requireRole(call, "write");
    const issue = pullOf(call);
    const { pull } = issue;
    const head = await headOf(pull);
    if (issue.state !== "open") throw new Refusal(405, "Pull Request is not mergeable");
    const { sha } = call.body;
    if (sha !== undefined && sha !== head)
      throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
    if (pull.headRepository !== call.repository) await call.repository.git.fetch(pull.headRepository.git, head);
    const title = `Merge pull request #${issue.number} from ${pull.headRepository.owner}/${pull.headRef}`;
    const commit = await call.repository.git.merge(pull.baseRef, head, title);
    if (!commit) throw new Refusal(405, "Merge conflict");
    await setState(call, issue, "closed");
    pull.merged = { at: call.state.time(), by: call.user, commit };
    return { status: 200, body: { sha: commit, merged: true, message: "Pull Request successfully merged" } };
  },

  "pulls/list-reviews": (call) => {
    const { pull } = pullOf(call);
    return { status: 200, all: pull.reviews.map((review) => reviewShape(call.places, call.repository, review)) };
  },

  "pulls/create-review": async (call) => {
    const issue = pullOf(call);
    const { event, body, commit_id: commit } = call.body;
    if (issue.user === call.user && event === "APPROVE")
      throw new Refusal(422, "Unprocessable Entity", { errors: ["Can not approve your own pull request"] });
    refuseLonger("PullRequestReview", "body", text(body), 65_536);
    const states = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;
    const review: Review = {
      ...{ id: call.state.id(), user: call.user, body: text(body), submittedAt: call.state.time() },
      state: states[event as keyof typeof states] ?? "COMMENTED",
      commit: text(commit) || (await headOf(issue.pull)),
    };
    issue.pull.reviews.push(review);
    return { status: 200, body: reviewShape(call.places, call.repository, review) };
  },

  "pulls/dismiss-review": (call) => {
    requireRole(call, "maintain");
    const { reviews } = pullOf(call).pull;
    const at = reviews.findIndex(({ id }) => id === call.params["review_id"]);
    const found = reviews[at];
    if (!found) throw notFound();
    const dismissed: Review = { ...found, state: "DISMISSED" };
    reviews[at] = dismissed;
    return { status: 200, body: reviewShape(call.places, call.repository, dismissed) };
  },

  "repos/list-pull-requests-associated-with-commit": async (call) => {
    const sha = text(call.params["commit_sha"]);
    if (!(await call.repository.git.commit(sha)))
      throw new Refusal(422, `No commit found for SHA: ${sha}`, { errors: [] });
    const related = await Promise.all(
      call.repository.issues.filter(isPull).map(async (issue) => {
        const own = [issue.pull.merged?.commit, await headOf(issue.pull)];
        return own.includes(sha) ? [issue] : [];
      }),
    );
    return { status: 200, all: await Promise.all(related.flat().map((issue) => shape(call, issue, false))) };
  },
};

async function setState({ state }: Call, issue: PullIssue, to: Issue["state"]): Promise<void> {
  if (to === "closed") issue.pull.lastHead = await headOf(issue.pull);
  else delete issue.pull.lastHead;
  issue.state = to;
  issue.updatedAt = state.time();
  issue.closedAt = to === "closed" ? state.time() : null;
}

/** `branch`, or `owner:branch` of a fork. */
function headIn({ repository, state }: Call, head: string): readonly [string, Repository] {
  const [first = "", second] = head.split(":");
  if (second === undefined) return [first, repository];
  const fork = state.repository(first, repository.name);
  if (!fork || (fork !== repository && fork.forkOf !== repository)) throw notFound();
  return [second, fork];
}
