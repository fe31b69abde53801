/** Which pull request is at hand, and whether this checkout is of it. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { PullRequest } from "../github/pulls.ts";

/** Of what GitHub Actions runs for a pull request: `refs/pull/<number>/merge`. */
export function pullRequestNumber(given: number | undefined, ref: string | undefined): number {
  if (given !== undefined) return given;
  const [, number] = /^refs\/pull\/(\d+)\/(?:merge|head)$/.exec(ref ?? "") ?? [];
  if (number !== undefined) return Number(number);
  throw new SwitchyardError("invalid-flag", {
    what: "nothing says which pull request it is",
    where: "--pull-request",
    fix: "give its number; in a workflow on pull_request, GITHUB_REF has it",
  });
}

/**
 * A fork's code gets no credentials, and a plan runs it. What is planned has to be what is approved later.
 *
 * @param parents of the commit this checkout is at
 * @throws SwitchyardError `pull-request-blocked`
 */
export function refuseOtherCode(
  pull: PullRequest,
  repository: string,
  checkout: { readonly commit: string; readonly parents: readonly string[] },
): void {
  const where = `pull request ${pull.number}`;
  if (pull.from?.toLowerCase() !== repository.toLowerCase())
    throw new SwitchyardError("pull-request-blocked", {
      what: `it comes from ${pull.from ?? "a repository that is gone"}, and is given neither credentials nor a plan`,
      where,
      fix: `have somebody who may write to ${repository} push it to a branch there`,
    });
  // GitHub Actions checks out a merge of the head into its base.
  const [, merged] = checkout.parents;
  if (checkout.commit === pull.head || merged === pull.head) return;
  throw new SwitchyardError("pull-request-blocked", {
    what: `this checkout is at ${checkout.commit.slice(0, 12)}, and the pull request's head is ${pull.head.slice(0, 12)}`,
    where,
    fix: `check that out, or a merge of it; after a push the run of the newer commit plans`,
  });
}
