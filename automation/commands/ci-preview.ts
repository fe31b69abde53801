import { environmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { systemClock } from "../clock.ts";
import { commitOf, parentsOf } from "../delivery/git.ts";
import { inTurn } from "../delivery/merge/turn.ts";
import { pullRequestNumber, refuseOtherCode } from "../delivery/pull-request.ts";
import { openGithub } from "../github/client.ts";
import { type PullRequest, readPull } from "../github/pulls.ts";
import { resolveImages } from "../images/resolve.ts";
import type { Hold } from "../previews/hold.ts";
import { readOutputs, stackValues } from "../stacks/open.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, quiet, withContext } from "./context.ts";
import { pushIn } from "./images.ts";
import { holdPreview, makeHeld } from "./preview.ts";

export interface CiPreviewFlags extends CommonFlags {
  readonly pullRequest?: number;
}

/** Makes the preview environment of a pull request, or brings it to the head: images pushed first, told on it at the end. */
export function ciPreview(flags: CiPreviewFlags): Promise<void> {
  const number = pullRequestNumber(flags.pullRequest, process.env["GITHUB_REF"]);
  return withContext(flags, async (context) => {
    const github = openGithub(process.env, context.where.pace, context.out.line);
    const pull = await readPull(github, number);
    refuseClosed(pull);
    const commit = await commitOf(projectRoot, "HEAD", "HEAD");
    const parents = await parentsOf(projectRoot, commit);
    refuseOtherCode(pull, `${github.owner}/${github.repo}`, { commit, parents });
    await holdPreview(context, number, async (hold) => {
      const version = `pr-${number}-${pull.head.slice(0, 12)}`;
      if (!(await isPushed(hold, version))) await push(hold, version);
      await makeHeld(hold, { version, commit: pull.head, by: actor() });
    });
  });
}

/** A run that was late would make anew what the pull request's end has taken away. */
function refuseClosed({ number, state }: PullRequest): void {
  if (state === "open") return;
  throw new SwitchyardError("pull-request-blocked", {
    what: "it is closed, and gets no preview environment any more",
    where: `pull request ${number}`,
    fix: "reopen it",
  });
}

/** A tag never moves: what a run before this one has pushed stays. */
async function isPushed({ context: { where }, stack, aws }: Hold, version: string): Promise<boolean> {
  const config = environmentConfig(stack, await stackValues(where, stack));
  const outputs = await readOutputs(where, config.pipelineStack.split("/").at(-1) ?? "pipeline");
  const urls = outputs["repositoryUrls"] as Readonly<Record<string, string>>;
  try {
    await resolveImages(aws, config, urls, version);
    return true;
  } catch (error) {
    if (error instanceof SwitchyardError && error.code === "not-found") return false;
    throw error;
  }
}

/** The stack of images is one for all pull requests. */
function push({ context }: Hold, version: string): Promise<void> {
  const { where, out } = context;
  return inTurn({ clock: systemClock, pace: where.pace, tell: out.line }, () =>
    pushIn(quiet(context), { tag: version }),
  );
}
