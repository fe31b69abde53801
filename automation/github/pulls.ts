import type { Github } from "./client.ts";

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  /** `owner/name` of the repository its head is in; undefined once that was deleted. */
  readonly from: string | undefined;
  readonly head: string;
  readonly base: string;
  readonly baseBranch: string;
  readonly state: string;
  /** Undefined until it is merged. */
  readonly mergeCommit: string | undefined;
}

const at = ({ owner, repo }: Github) => ({ owner, repo });

export async function readPull(github: Github, number: number): Promise<PullRequest> {
  const { data } = await github.call.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
    ...at(github),
    pull_number: number,
  });
  return {
    ...{ number, title: data.title, author: data.user.login, state: data.state },
    from: data.head.repo?.full_name,
    ...{ head: data.head.sha, base: data.base.sha, baseBranch: data.base.ref },
    mergeCommit: data.merged ? (data.merge_commit_sha ?? undefined) : undefined,
  };
}

/** The pull requests that a commit belongs to, merged ones first. */
export async function pullsOf(github: Github, commit: string): Promise<readonly PullRequest[]> {
  const found = await github.call.paginate("GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", {
    ...at(github),
    commit_sha: commit,
  });
  const pulls = await Promise.all(found.map(({ number }) => readPull(github, number)));
  return pulls.toSorted((a, b) => Number(b.mergeCommit === commit) - Number(a.mergeCommit === commit));
}

export interface Review {
  readonly by: string;
  readonly isBot: boolean;
  /** As GitHub names it: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, … */
  readonly state: string;
  /** The commit that was looked at. */
  readonly commit: string;
}

/** In the order in which they were given. */
export async function readReviews(github: Github, number: number): Promise<readonly Review[]> {
  const found = await github.call.paginate("GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", {
    ...at(github),
    ...{ pull_number: number, per_page: 100 },
  });
  return found.map(({ user, state, commit_id }) => ({
    ...{ by: user?.login ?? "", isBot: user?.type === "Bot", state, commit: commit_id ?? "" },
  }));
}

/** Whether a person may write to the repository at this moment. */
export async function mayWrite(github: Github, login: string): Promise<boolean> {
  try {
    const { data } = await github.call.request("GET /repos/{owner}/{repo}/collaborators/{username}/permission", {
      ...at(github),
      username: login,
    });
    return data.permission === "admin" || data.permission === "write";
  } catch (error) {
    if ((error as { status?: number }).status === 404) return false;
    throw error;
  }
}

export interface CommitStatus {
  readonly context: string;
  readonly state: "pending" | "success" | "failure" | "error";
  readonly description: string;
  readonly url?: string | undefined;
}

/** GitHub's limit of what a status says, in characters. */
const longestDescription = 140;

export async function setStatus(github: Github, commit: string, status: CommitStatus): Promise<void> {
  const { context, state, description, url } = status;
  await github.call.request("POST /repos/{owner}/{repo}/statuses/{sha}", {
    ...at(github),
    ...{ sha: commit, state, context },
    description: description.length <= longestDescription ? description : `${description.slice(0, 139)}…`,
    ...(url !== undefined && { target_url: url }),
  });
}
