import { imagesConfig } from "../../programs/config.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { withAws } from "../deploy/conduct/session.ts";
import { tag } from "../flags.ts";
import { archiveOf } from "../runner/builds/archive.ts";
import { builderOf, refuseOutOfReach, startBuild, stopBuild } from "../runner/builds/builds.ts";
import { followBuild } from "../runner/builds/follow.ts";
import { type BuildEnd, buildFailed } from "../runner/builds/outcome.ts";
import { detachable } from "../runner/detach.ts";
import { readOutputs, stackValues } from "../stacks/open.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { imagesStack, reportDigests } from "./images.ts";
import { followEveryMs } from "./runner-context.ts";

export interface RemotePushFlags extends CommonFlags {
  readonly tag: string;
}

/**
 * Builds and pushes every image of this checkout's last commit inside the account: the same push, in a build that the
 * runner's project runs. Ends as that push does.
 */
export function pushRemotely(flags: RemotePushFlags): Promise<void> {
  return withContext(flags, async (context) => void (await pushRemotelyIn(context, flags)));
}

/**
 * As the command does.
 *
 * @param done where the digests are documented; what was not pushed is documented in any case
 * @returns whether they were pushed; where not this process ends with the exit code that says why.
 */
export async function pushRemotelyIn(
  context: Context,
  flags: Pick<RemotePushFlags, "tag">,
  done: Context = context,
): Promise<boolean> {
  const wanted = tag(flags.tag);
  const { platform } = imagesConfig(imagesStack, { ...(await stackValues(context.where, imagesStack)), tag: wanted });
  const backendUrl = process.env["PULUMI_BACKEND_URL"];
  // The sandbox's own are where its builds are.
  if (context.where.name === "aws") refuseOutOfReach(backendUrl);
  const archive = await archiveOf(projectRoot);
  return withAws(context.where, "runner", async (aws) => {
    const { out, where } = context;
    const builder = await builderOf(aws, platform);
    if (archive.changed.length > 0)
      out.line(`Not in it: what is not committed, ${archive.changed.length} files, such as ${archive.changed[0]}`);
    const { build, fresh } = await startBuild(aws, {
      builder,
      tag: wanted,
      archive,
      backendUrl,
    });
    const { id = "" } = build;
    out.line(`images of ${wanted} at ${archive.commit.slice(0, 10)} ${fresh ? "are" : "were being"} built as ${id}`);
    const everyMs = followEveryMs(where);
    const ended = await detachable(
      (detach) => followBuild({ aws, build: id, clock: systemClock, tell: out.line, everyMs, detach }),
      {
        ...{ clock: systemClock, execution: id, say: out.line, graceMs: 5_000 },
        again: `switchyard images push --remote --tag ${wanted}`,
        cancel: () => stopBuild(aws, id),
      },
    );
    if (ended === "detached" || ended === "cancelled") {
      if (ended === "cancelled") out.line(`${id} is stopped`);
      out.document({ build: id, [ended]: true });
      process.exitCode = errorCatalogue.interrupted.exitCode;
      return false;
    }
    if (ended.status === "SUCCEEDED") {
      await report(context, done, ended, wanted);
      return true;
    }
    out.document(ended);
    if (ended.exitCode === undefined) throw buildFailed(ended, ended.lines);
    out.line(`${id} failed in ${ended.phase}: its push ended with exit code ${ended.exitCode}`);
    process.exitCode = ended.exitCode;
    return false;
  });
}

/** What the push inside of the build has left in the stack. */
async function report(context: Context, done: Context, ended: BuildEnd, wanted: string): Promise<void> {
  const outputs = await readOutputs(context.where, imagesStack);
  if (outputs["tag"] === wanted) return reportDigests(done, outputs);
  context.out.document(ended);
  throw new SwitchyardError("not-found", {
    what: `images of ${wanted} were pushed, and others since: of their digests the stack knows no more`,
    where: `stack ${imagesStack}`,
    fix: `deploy them by their tag, ${wanted}`,
  });
}
