import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SwitchyardError } from "../../programs/errors.ts";
import { type PolicyReportFormat, renderPolicyReport } from "../audit/policy-report.ts";
import { callerOf } from "../aws/caller.ts";
import { placeIn } from "../aws/place.ts";
import { commitOf } from "../delivery/git.ts";
import { deployCommit } from "../delivery/merge/go-back.ts";
import { withAws } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import { refuseViolations } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { inspect } from "./stacks.ts";

export interface CiJudgeFlags extends CommonFlags {
  readonly only: readonly string[];
  /** Folder for the reports. */
  readonly out: string;
  /** What the change is judged on top of: made to serve in the sandbox first. An empty sandbox when absent. */
  readonly base?: string;
}

/** The environment that is a sandbox's own. */
const sandboxStack = "sandbox";

/** What the policies, the guard and the lint of migrations say of stacks, as files; fails by the first that must not be merged. */
export function ciJudge(flags: CiJudgeFlags): Promise<void> {
  const stacks = flags.only.map((name) => stackName(name, "--only"));
  return withContext(flags, async (context) => {
    await mkdir(flags.out, { recursive: true });
    if (flags.base !== undefined) await serve(context, flags.base);
    const said: string[] = [];
    const failed: unknown[] = [];
    for (const stack of stacks) {
      const report = await judged(context, stack, flags.out, failed);
      context.out.line(`${stack}: ${report === undefined ? "no plan" : "judged"}`);
      said.push(`### ${stack}\n\n${report ?? "No plan: see the log of the job.\n"}`);
    }
    await writeFile(join(flags.out, "comment.md"), said.join("\n"));
    context.out.document({ stacks });
    if (failed.length > 0) throw failed[0];
  });
}

/** Where that fails the change is still judged, as a first update: rules then leave more to the update. */
async function serve({ where, out }: Context, base: string): Promise<void> {
  if (where.name !== "sandbox")
    throw new SwitchyardError("invalid-flag", {
      what: "it deploys that commit, which is for a sandbox alone",
      where: "--base",
      fix: "set SWITCHYARD_SANDBOX=1, or leave it out: in an account the stacks are judged as updates of what is there",
    });
  const commit = await commitOf(projectRoot, "--base", base);
  out.line(`Deploying ${commit.slice(0, 12)}, on top of which the change is judged`);
  await deployCommit(commit, sandboxStack, out.line).catch((error: Error) =>
    out.line(`! it does not serve, so that the change is judged as a first update: ${error.message}`),
  );
}

/** A sandbox stands for the account of whichever stack is judged in it. */
async function comeIn({ where }: Context, stack: string): Promise<void> {
  if (where.name !== "sandbox") return;
  const { account } = await withAws(where, sandboxStack, callerOf);
  if (![undefined, account].includes(placeIn(await stackValues(where, stack)).account))
    await where.override(stack, { "switchyard:account": account });
}

/** @returns the report as Markdown; undefined where there is no plan */
async function judged(context: Context, stack: string, out: string, failed: unknown[]): Promise<string | undefined> {
  let report: string | undefined;
  try {
    await comeIn(context, stack);
    const { planned, ...more } = await inspect(context, await openStack(context.where, stack));
    const as = (format: PolicyReportFormat) => renderPolicyReport(planned.violations, format, more);
    report = as("markdown");
    await writeFile(join(out, `${stack}.markdown`), report);
    await writeFile(join(out, `${stack}.sarif`), as("sarif"));
    refuseViolations(planned);
    const { refuseFindings } = await import("../migrations/plan.ts");
    refuseFindings(more.migrations);
  } catch (error) {
    context.out.line(`! ${stack}: ${(error as Error).message}`);
    failed.push(error);
  }
  return report;
}
