/** What is known of a thing, by the names of GitHub's answers; the rest of an answer is completed. */
import type { Json } from "./description.ts";
import type {
  Comment,
  Deployment,
  DeploymentStatus,
  Issue,
  Job,
  Pull,
  Reaction,
  Repository,
  Review,
  Status,
  User,
  WorkflowRun,
} from "./state.ts";
import { isAtWork } from "./state.ts";

/** Where the API and the pages are. */
export interface Places {
  readonly api: string;
  readonly pages: string;
}

const nodeId = (kind: string, id: number) => Buffer.from(`${kind}${id}`).toString("base64");

export function userShape({ api, pages }: Places, { id, login, type }: User): Json {
  return {
    ...{ id, login, type, node_id: nodeId("User", id), site_admin: false },
    ...{ url: `${api}/users/${encodeURIComponent(login)}`, html_url: `${pages}/${encodeURIComponent(login)}` },
  };
}

export function repositoryShape(places: Places, repository: Repository): Json {
  const { id, owner, name, isPrivate, defaultBranch, forkOf } = repository;
  return {
    ...{ id, name, full_name: fullName(repository), node_id: nodeId("Repository", id) },
    owner: { login: owner, id: 1, type: "User", url: `${places.api}/users/${owner}` },
    ...{ private: isPrivate, fork: forkOf !== undefined, default_branch: defaultBranch },
    url: apiOf(places, repository),
    html_url: `${places.pages}/${fullName(repository)}`,
    clone_url: `${places.pages}/${fullName(repository)}.git`,
  };
}

export function fullName({ owner, name }: Repository): string {
  return `${owner}/${name}`;
}

function apiOf({ api }: Places, repository: Repository): string {
  return `${api}/repos/${fullName(repository)}`;
}

function runUrl(repository: Repository, { id }: WorkflowRun): string {
  return `${fullName(repository)}/actions/runs/${id}`;
}

export function runShape(places: Places, repository: Repository, run: WorkflowRun): Json {
  const { id, workflow, event, head, pull, jobs } = run;
  const failed = jobs.some(({ conclusion }) => conclusion === "failure");
  return {
    ...{
      id,
      event,
      head_sha: head,
      path: `.github/workflows/${workflow}`,
      html_url: `${places.pages}/${runUrl(repository, run)}`,
    },
    ...(isAtWork(run)
      ? { status: "in_progress", conclusion: null }
      : { status: "completed", conclusion: failed ? "failure" : "success" }),
    pull_requests: [{ number: pull }],
    repository: repositoryShape(places, repository),
    head_repository: repositoryShape(places, repository),
  };
}

export function jobShape(places: Places, repository: Repository, run: WorkflowRun, job: Job): Json {
  const { id, name, conclusion, attempts } = job;
  return {
    ...{ id, name, run_id: run.id, run_attempt: attempts, head_sha: run.head },
    ...{ status: conclusion === undefined ? "in_progress" : "completed", conclusion: conclusion ?? null },
    html_url: `${places.pages}/${runUrl(repository, run)}/job/${id}`,
  };
}

function association(repository: Repository, { login }: User): string {
  if (login === repository.owner) return "OWNER";
  return repository.roles.has(login) ? "COLLABORATOR" : "NONE";
}

export function issueShape(places: Places, repository: Repository, issue: Issue): Json {
  const { id, number, title, body, state, user, labels, createdAt, updatedAt, closedAt, pull } = issue;
  const url = `${apiOf(places, repository)}/issues/${number}`;
  const page = `${places.pages}/${fullName(repository)}/${pull ? "pull" : "issues"}/${number}`;
  return {
    ...{ id, number, title, body, state, node_id: nodeId("Issue", id), url, html_url: page },
    user: userShape(places, user),
    labels: labels.map((name) => ({ name })),
    comments: repository.comments.filter((comment) => comment.issue === number).length,
    ...{ created_at: createdAt, updated_at: updatedAt, closed_at: closedAt },
    author_association: association(repository, user),
    ...(pull && { pull_request: { url: `${apiOf(places, repository)}/pulls/${number}`, html_url: page } }),
  };
}

export async function headOf(pull: Pull): Promise<string> {
  return pull.lastHead ?? (await pull.headRepository.git.commit(`refs/heads/${pull.headRef}`)) ?? "";
}

/** @param alone Of a pull request that is asked for by itself more is told than in a list. */
export async function pullShape(
  places: Places,
  repository: Repository,
  issue: Issue & { readonly pull: Pull },
  alone: boolean,
): Promise<Json> {
  const { pull, number, user } = issue;
  const { labels: _labels, comments, pull_request: _self, ...common } = issueShape(places, repository, issue);
  const side = (of: Repository, ref: string, sha: string) => ({
    ...{ label: `${of.owner}:${ref}`, ref, sha, repo: repositoryShape(places, of) },
    user: { login: of.owner, id: 1, type: "User" },
  });
  const base = await repository.git.commit(`refs/heads/${pull.baseRef}`);
  return {
    ...common,
    url: `${apiOf(places, repository)}/pulls/${number}`,
    draft: pull.draft,
    user: userShape(places, user),
    labels: [],
    head: side(pull.headRepository, pull.headRef, await headOf(pull)),
    base: side(repository, pull.baseRef, base ?? ""),
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.commit ?? null,
    _links: links,
    ...(alone && {
      merged: pull.merged !== undefined,
      merged_by: pull.merged ? userShape(places, pull.merged.by) : null,
      comments,
      mergeable_state: "unknown",
    }),
  };
}

const link = { href: "" };
const links = {
  ...{ self: link, html: link, issue: link, comments: link, review_comments: link },
  ...{ review_comment: link, commits: link, statuses: link },
};

export function commentShape(places: Places, repository: Repository, comment: Comment): Json {
  const { id, user, body, createdAt, updatedAt, issue } = comment;
  return {
    ...{ id, body, node_id: nodeId("Comment", id), created_at: createdAt, updated_at: updatedAt },
    user: userShape(places, user),
    url: `${apiOf(places, repository)}/issues/comments/${id}`,
    html_url: `${places.pages}/${fullName(repository)}/pull/${issue}#issuecomment-${id}`,
    issue_url: `${apiOf(places, repository)}/issues/${issue}`,
    author_association: association(repository, user),
  };
}

export function reviewShape(places: Places, repository: Repository, review: Review): Json {
  const { id, user, state, body, commit, submittedAt } = review;
  return {
    ...{ id, state, body, node_id: nodeId("Review", id), commit_id: commit, submitted_at: submittedAt },
    user: userShape(places, user),
    author_association: association(repository, user),
    _links: { html: link, pull_request: link },
  };
}

export function reactionShape(places: Places, { id, user, content, createdAt }: Reaction): Json {
  return { id, content, node_id: nodeId("Reaction", id), user: userShape(places, user), created_at: createdAt };
}

export function statusShape(places: Places, repository: Repository, status: Status): Json {
  const { id, sha, state, context, description, targetUrl, creator, createdAt } = status;
  return {
    ...{ id, state, context, description, target_url: targetUrl, node_id: nodeId("Status", id) },
    url: `${apiOf(places, repository)}/statuses/${sha}`,
    creator: userShape(places, creator),
    ...{ created_at: createdAt, updated_at: createdAt },
  };
}

export function deploymentShape(places: Places, repository: Repository, deployment: Deployment): Json {
  const { id, sha, ref, task, environment, description, payload, creator, createdAt } = deployment;
  const url = `${apiOf(places, repository)}/deployments/${id}`;
  return {
    ...{ id, sha, ref, task, environment, description, url, node_id: nodeId("Deployment", id) },
    payload: payload ?? {},
    creator: userShape(places, creator),
    ...{ created_at: createdAt, updated_at: createdAt, statuses_url: `${url}/statuses` },
    repository_url: apiOf(places, repository),
  };
}

export function deploymentStatusShape(
  places: Places,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): Json {
  const { id, state, description, environmentUrl, logUrl, creator, createdAt } = status;
  return {
    ...{ id, state, description, target_url: logUrl || undefined },
    ...{ environment_url: environmentUrl || undefined, log_url: logUrl || undefined },
    node_id: nodeId("DeploymentStatus", id),
    environment: deployment.environment,
    creator: userShape(places, creator),
    ...{ created_at: createdAt, updated_at: createdAt },
    deployment_url: `${apiOf(places, repository)}/deployments/${deployment.id}`,
  };
}
