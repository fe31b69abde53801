/** Runs of workflows, and who let them go on. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Github } from "./client.ts";

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
