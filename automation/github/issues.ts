/** Issues of a label, kept as a decision says. */
import type { DriftIssue, IssueAction } from "../delivery/drift/issue.ts";
import type { Github } from "./client.ts";
import { ownLogin } from "./comments.ts";
import { isUncertain } from "./refusals.ts";

/** Times the issues are looked at again because it is not known what became of a write. */
const attempts = 4;

/**
 * Does what is decided of the open issues of a label which this program has opened. Killed and run again, it goes on from what
 * is there.
 *
 * @returns what was done
 */
export async function keepIssues(
  github: Github,
  label: string,
  decide: (open: readonly DriftIssue[]) => readonly IssueAction[],
): Promise<readonly IssueAction[]> {
  const own = await ownLogin(github);
  for (let attempt = 1; ; attempt++) {
    const actions = decide(await openIssues(github, label, own));
    try {
      for (const action of actions) await act(github, label, action);
      return actions;
    } catch (error) {
      // What was made although the answer says otherwise would be made twice by a mere repetition.
      if (!isUncertain(error) || attempt >= attempts) throw error;
    }
  }
}

async function openIssues(github: Github, labels: string, own: string): Promise<readonly DriftIssue[]> {
  const { owner, repo } = github;
  const found = await github.call.paginate("GET /repos/{owner}/{repo}/issues", {
    ...{ owner, repo, labels, state: "open", per_page: 100 },
  });
  return found
    .filter(({ user, pull_request }) => pull_request === undefined && user?.login === own)
    .map(({ number, title, body }) => ({ number, title, body: body ?? "" }));
}

async function act({ call, owner, repo }: Github, label: string, action: IssueAction): Promise<void> {
  const at = { owner, repo, request: { retries: 0 } };
  if (action.kind === "open") {
    const { title, body } = action;
    await call.request("POST /repos/{owner}/{repo}/issues", { ...at, title, body, labels: [label] });
    return;
  }
  const issue = { ...at, issue_number: action.number };
  if (action.kind === "update") {
    const { title, body } = action;
    await call.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", { ...issue, title, body });
    return;
  }
  await call.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...issue, body: action.why });
  await call.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", { ...issue, state: "closed" });
}
