import { SwitchyardError } from "../../programs/errors.ts";
import { commitOf } from "../delivery/git.ts";
import { gitTag, releaseOf } from "../delivery/tag.ts";
import { stackName } from "../flags.ts";
import { openGithub } from "../github/client.ts";
import { reviewerOf } from "../github/runs.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, environmentOf, quiet, told, withContext } from "./context.ts";
import { deployIn } from "./deploy.ts";
import { handOver, isBuiltThere, isHandedOver } from "./hand-over.ts";
import { pushIn } from "./images.ts";
import { promoteIn } from "./operate.ts";
import { pushRemotelyIn } from "./remote-images.ts";
import { conclude } from "./runner-context.ts";

export interface CiTagFlags extends CommonFlags {
  /** A git tag; the one GITHUB_REF is of when absent. */
  readonly ref?: string;
  /** The environment it is deployed to. */
  readonly stack: string;
  /** The part this run's credentials may do; pushing and deploying when absent. */
  readonly only?: "images" | "deploy" | "approve";
  /** Of `approve`: how long to wait for the deploy, and who approved. */
  readonly wait?: string;
  readonly approver?: string;
  /** Of `approve`: the GitHub environment whose reviewer let this run go on, which is who approved. */
  readonly reviewed?: string;
}

/** Releases what a git tag names: its images are pushed under its name, and deployed. */
export function ciTag(flags: CiTagFlags): Promise<void> {
  const name = gitTag(flags.ref, process.env["GITHUB_REF"]);
  const stack = stackName(flags.stack);
  const does = (part: CiTagFlags["only"]) => flags.only === part || (flags.only === undefined && part !== "approve");
  return withContext(flags, async (context) => {
    const { services } = await environmentOf(context.where, stack);
    const { version, service } = releaseOf(name, Object.keys(services));
    await refuseOtherCommit(name);
    if (does("images") && !(await pushed(context, does("deploy") ? quiet(context) : context, stack, version))) return;
    if (does("deploy")) await release(context, { stack, version, service });
    if (!does("approve")) return;
    const { wait } = flags;
    const approver = flags.reviewed === undefined ? flags.approver : await reviewer(context, flags.reviewed);
    await promoteIn(context, { stack, tag: version, ...(wait && { wait }), ...(approver && { approver }) });
  });
}

/**
 * Here, or in a build of the runner's.
 *
 * @param done where it is documented that they were pushed
 * @returns false where they were not, as the document and this process's exit code say
 */
async function pushed(context: Context, done: Context, stack: string, version: string): Promise<boolean> {
  if (await isBuiltThere(context, stack)) return pushRemotelyIn(context, { tag: version }, done);
  await pushIn(done, { tag: version });
  return true;
}

interface Release {
  readonly stack: string;
  readonly version: string;
  /** The only one that is deployed; all when absent. */
  readonly service: string | undefined;
}

/** Where the stack's file says: here, or by the runner, whose job deploys as this does. */
async function release(context: Context, { stack, version, service }: Release): Promise<void> {
  const only = service === undefined ? {} : { service: [service] };
  if (!(await isHandedOver(context, stack))) return deployIn(context, { stack, tag: version, dryRun: false, ...only });
  const commit = await commitOf(projectRoot, "HEAD", "HEAD");
  const given = { stack, commit, pullRequest: 0, tag: version, service: service ?? "" };
  let execution: string | undefined;
  const ended = await handOver(context, "release", given, (name) => {
    execution = name;
  }).catch((error: unknown) => {
    if (execution !== undefined) context.out.document({ execution, machine: "release", ...told(error) });
    throw error;
  });
  context.out.document(ended);
  conclude(context.out, ended);
}

function reviewer({ where, out }: Context, environment: string): Promise<string> {
  return reviewerOf(openGithub(process.env, where.pace, out.line), process.env["GITHUB_RUN_ID"], environment);
}

/** What is released is what was tagged. */
async function refuseOtherCommit(name: string): Promise<void> {
  const [tagged, here] = await Promise.all([
    commitOf(projectRoot, "<ref>", `refs/tags/${name}`),
    commitOf(projectRoot, "HEAD", "HEAD"),
  ]);
  if (tagged === here) return;
  throw new SwitchyardError("invalid-flag", {
    what: `this checkout is at ${here.slice(0, 12)}, and the tag is of ${tagged.slice(0, 12)}`,
    where: "<ref>",
    fix: "check the tag out, and run this again",
  });
}
