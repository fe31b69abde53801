import { whereFrom } from "../ledger/audit.ts";
import type { Github } from "./client.ts";

/** What GitHub is told of a commit in an environment. */
export interface Deployed {
  readonly commit: string;
  /** The stack. */
  readonly environment: string;
  readonly state: "in_progress" | "success" | "failure";
  readonly description: string;
}

/** GitHub's limit of what a status says, in characters. */
const longestDescription = 140;

/** One deployment of a commit in an environment, however often it is said; its newest status is what came of it. */
export async function sayDeployed(github: Github, deployed: Deployed): Promise<void> {
  const { commit, environment, state, description } = deployed;
  const { owner, repo, call } = github;
  const run = whereFrom();
  await call.request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
    ...{ owner, repo, deployment_id: await deploymentOf(github, commit, environment), state },
    description: description.slice(0, longestDescription),
    ...(URL.canParse(run) && { log_url: run }),
  });
}

async function deploymentOf({ owner, repo, call }: Github, commit: string, environment: string): Promise<number> {
  const of = { owner, repo, environment, task: "deploy" };
  const { data: known } = await call.request("GET /repos/{owner}/{repo}/deployments", { ...of, sha: commit });
  const [newest] = known;
  if (newest) return Number(newest.id);
  const { data } = await call.request("POST /repos/{owner}/{repo}/deployments", {
    ...of,
    ref: commit,
    // What is merged is judged by ci merge; this says what came of it.
    ...{ auto_merge: false, required_contexts: [], description: "switchyard ci merge" },
  });
  if ("id" in data) return Number(data.id);
  throw new Error(`GitHub made no deployment of ${commit}: ${data.message}`);
}
