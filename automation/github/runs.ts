/** Runs of workflows, and who let them go on. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Github } from "./client.ts";
import { isRequestFailure } from "./refusals.ts";

/**
 * Who approved, last, that a run goes on in an environment: one of its required reviewers.
 *
 * @throws SwitchyardError `github-refused` where nobody has: the environment has no reviewers.
 */
export async function reviewerOf(github: Github, run: string | undefined, environment: string): Promise<string> {
  if (run === undefined || !/^[1-9]\d{0,15}$/.test(run))
    throw new SwitchyardError("invalid-flag", {
      what: "nothing says which run of a workflow was approved",
      where: "GITHUB_RUN_ID",
      fix: "run it in a workflow of GitHub Actions, or say with --approver who approved",
    });
  const { owner, repo } = github;
  const { data } = await github.call.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals", {
    ...{ owner, repo, run_id: Number(run) },
  });
  const approved = data.filter(
    ({ state, environments }) => state === "approved" && environments.some(({ name }) => name === environment),
  );
  const login = approved.at(-1)?.user?.login;
  if (login !== undefined) return login;
  throw new SwitchyardError("github-refused", {
    what: "nobody has approved this run in it",
    where: `environment ${environment}`,
    fix: "give it required reviewers in the repository's settings",
  });
}

/** A job of a workflow on `pull_request`, as the files below `.github/workflows/` name both. */
export interface WorkflowJob {
  readonly workflow: string;
  readonly job: string;
}

export interface Rerun {
  /** False where the job is at work, or waits to be: nothing more was asked for. */
  readonly begun: boolean;
  /** The job's page. */
  readonly url: string;
}

/**
 * Has a job run anew that ran for a pull request's head: with that commit, and with what the workflow gave it then. No other
 * workflow has to run the change's code for it.
 *
 * @throws SwitchyardError `not-found` where GitHub has run no such job for the head, or skipped it.
 * @throws SwitchyardError `in-flight` where the job is over, and others of its run are not.
 */
export async function rerunJob(
  github: Github,
  at: WorkflowJob,
  pull: { readonly number: number; readonly head: string },
): Promise<Rerun> {
  const found = await newest(github, at, pull);
  const where = `${at.workflow} of ${pull.head.slice(0, 12)}`;
  if (found === undefined || found.conclusion === "skipped")
    throw new SwitchyardError("not-found", {
      what: `GitHub has ${found === undefined ? "no run" : "a run without the job"} ${at.job}`,
      where,
      fix:
        found === undefined
          ? "push a commit that can be merged: a run begins with it"
          : "docs/github.md says which variables it needs, and whose pull requests have it",
    });
  const { url } = found;
  if (!found.isOver) return { begun: false, url };
  if (!found.isRunOver)
    throw new SwitchyardError("in-flight", {
      what: `other jobs of its run are at work, and GitHub repeats none until they are over`,
      where,
      fix: "ask again then",
    });
  const { owner, repo } = github;
  try {
    await github.call.request("POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun", {
      ...{ owner, repo, job_id: found.id },
    });
  } catch (error) {
    // The answer was lost, or another comment asked for the same a moment ago.
    const now = isRequestFailure(error) ? await newest(github, at, pull) : undefined;
    if (now === undefined || now.isOver) throw error;
  }
  return { begun: true, url };
}

interface FoundJob {
  readonly id: number;
  readonly conclusion: string | null;
  readonly isOver: boolean;
  readonly isRunOver: boolean;
  readonly url: string;
}

/** Of the last run for the head, its last attempt. */
async function newest(
  { owner, repo, call }: Github,
  { workflow, job }: WorkflowJob,
  { number, head }: { readonly number: number; readonly head: string },
): Promise<FoundJob | undefined> {
  const { data: runs } = await call.request("GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs", {
    ...{ owner, repo, workflow_id: workflow, event: "pull_request", head_sha: head, per_page: 100 },
  });
  // A commit may be the head of several pull requests.
  const run = runs.workflow_runs.find((one) => one.pull_requests?.some((pull) => pull.number === number));
  if (run === undefined) return undefined;
  const { data } = await call.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", {
    ...{ owner, repo, run_id: Number(run.id), per_page: 100 },
  });
  const found = data.jobs.find(({ name }) => name === job);
  if (found === undefined) return undefined;
  const { id, conclusion, status, html_url: page } = found;
  const isRunOver = run.status === "completed";
  return {
    ...{ id: Number(id), conclusion, isOver: status === "completed", isRunOver },
    url: page ?? run.html_url,
  };
}
