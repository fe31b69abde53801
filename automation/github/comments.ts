/** Comments on an issue or a pull request. */
import { type CommentAction, chainActions, isMarked } from "../delivery/comment/chain.ts";
import type { Github } from "./client.ts";
import { isUncertain } from "./refusals.ts";

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly by: string;
  readonly url: string;
}

const at = ({ owner, repo }: Github) => ({ owner, repo });

/** Who a workflow's own token writes as; it may not ask (GitHub's REST API, "Get the authenticated user"). */
const workflow = "github-actions[bot]";

export async function ownLogin(github: Github): Promise<string> {
  if (github.login !== undefined) return github.login;
  try {
    return (await github.call.request("GET /user")).data.login;
  } catch (error) {
    if ((error as { status?: number }).status === 403) return workflow;
    throw error;
  }
}

/** In the order in which they were made. */
export async function listComments(github: Github, issue: number): Promise<readonly Comment[]> {
  const found = await github.call.paginate("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    ...at(github),
    ...{ issue_number: issue, per_page: 100 },
  });
  return found.map(({ id, body, user, html_url: url }) => ({
    id: Number(id),
    body: body ?? "",
    by: user?.login ?? "",
    url,
  }));
}

/** Times a chain is looked at again because it is not known what became of a write. */
const attempts = 4;

/**
 * Makes the chain of a name say what it shall: what is there is updated in place, what is left over is taken away. Only own
 * comments are looked at: a stranger's with the same marker is not written to.
 *
 * @returns the chain's first comment; undefined where it shall say nothing
 */
export async function writeChain(
  github: Github,
  issue: number,
  name: string,
  parts: readonly string[],
): Promise<Comment | undefined> {
  const own = await ownLogin(github);
  for (let attempt = 1; ; attempt++) {
    const all = await listComments(github, issue);
    const existing = all.filter(({ by, body }) => by === own && isMarked(name, body));
    const actions = chainActions(existing, parts);
    if (actions.length === 0) return existing[0];
    try {
      for (const action of actions) await write(github, issue, action);
    } catch (error) {
      // What was made although the answer says otherwise would be made twice by a mere repetition.
      if (!isUncertain(error) || attempt >= attempts) throw error;
    }
  }
}

export async function rewriteComment(github: Github, id: number, body: string): Promise<void> {
  await github.call.request("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", {
    ...{ ...at(github), comment_id: id, body, request },
  });
}

/** What became of a write is looked at before it is made again. */
const request = { retries: 0 };

async function write(github: Github, issue: number, action: CommentAction): Promise<void> {
  if (action.kind === "create")
    await github.call.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
      ...{ ...at(github), issue_number: issue, body: action.body, request },
    });
  else if (action.kind === "update") await rewriteComment(github, action.id, action.body);
  else
    await github.call.request("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", {
      ...{ ...at(github), comment_id: action.id },
    });
}
