import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { callerOf } from "../aws/caller.ts";
import { placeIn } from "../aws/place.ts";
import { systemClock } from "../clock.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { commitOf, isWithin } from "../delivery/git.ts";
import { argumentsOf, type KnownStack, targetOf } from "../delivery/manual/decide.ts";
import { driveAt } from "../delivery/manual/drive.ts";
import { rawInputs } from "../delivery/manual/event.ts";
import { type Manual, readManual } from "../delivery/manual/inputs.ts";
import type { Runner } from "../delivery/manual/runner.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { ownEntry, writeAudited } from "../ledger/audit.ts";
import type { StackTable } from "../ledger/table.ts";
import { readStackFile, switchyardValues } from "../stacks/settings.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { holdPreview } from "./preview.ts";

export interface CiRunFlags extends CommonFlags {
  /** `name=value` each; those of the workflow's event when absent. */
  readonly input?: readonly string[];
}

/** Does what somebody asks for by hand, at the commit they name; ends with the exit code of what was done. */
export async function ciRun(flags: CiRunFlags): Promise<void> {
  const manual = readManual(await rawInputs(flags.input, process.env["GITHUB_EVENT_PATH"]));
  refuseOtherRepository(manual.repository, process.env["GITHUB_REPOSITORY"]);
  const head = await commitOf(projectRoot, "HEAD", "HEAD");
  const commit = manual.commit === undefined ? head : await commitOf(projectRoot, "input commit", manual.commit);
  // Who started this was let in for what is checked out: what was merged into it was looked at, other branches were not.
  if (!(await isWithin(projectRoot, commit, head)))
    throw new SwitchyardError("invalid-flag", {
      what: `${commit.slice(0, 12)} is not part of what is checked out`,
      where: "input commit",
      fix: "start the run from a branch or tag that has it",
    });
  const target = targetOf(manual, await knownStacks());
  const words = argumentsOf(manual, target, commit);
  const started = systemClock.now();
  await withContext(flags, async (context) => {
    context.out.line(`At ${commit.slice(0, 12)}: switchyard ${words.join(" ")}`);
    if (manual.runner !== undefined) await refuseOtherRunner(context, manual.runner);
    // A job of the runner checks its commit out itself.
    const here = commit === head || manual.runner !== undefined;
    const code = await driveAt(commit, here, flags.json ? [...words, "--json"] : words);
    process.exitCode = code;
    const asked = manual.email === undefined ? "" : ` asked by ${manual.email}`;
    const why = `${manual.command.name === "custom" ? manual.command.command : manual.command.name}${asked}: exit code ${code}`;
    const entry = ownEntry(systemClock, started, {
      kind: "manual",
      outcome: code === 0 ? "succeeded" : "failed",
      commit,
      why,
    });
    await withTable(context, manual, target, (table) => writeAudited(table, [entry])).catch((error: Error) =>
      context.out.line(`! not in the audit: ${error.message}`),
    );
  });
}

function refuseOtherRepository(given: string | undefined, own: string | undefined): void {
  if (given === undefined || given.toLowerCase() === own?.toLowerCase()) return;
  throw new SwitchyardError("invalid-flag", {
    what: own === undefined ? "nothing says which repository this is" : `this is a checkout of ${own}`,
    where: "input repository",
    fix: own === undefined ? "set GITHUB_REPOSITORY, or leave it out" : "start the run there, or leave it out",
  });
}

/** It is the one of the account and region that these credentials are of. */
function refuseOtherRunner({ where }: Context, { account, region }: Runner): Promise<void> {
  return withAws(where, "runner", async (aws) => {
    const own = (await callerOf(aws)).account;
    if (own === account && aws.region === region) return;
    throw new SwitchyardError("invalid-flag", {
      what: `these credentials are of the runner of ${own}, ${aws.region}`,
      where: "input job-definition",
      fix: "name a definition of that one, or use credentials of its account",
    });
  });
}

async function knownStacks(): Promise<readonly KnownStack[]> {
  const { stacks } = await readCheckout(projectRoot);
  return Promise.all(
    Object.keys(stacks).map(async (stack) => {
      const { config } = await readStackFile(projectRoot, stack);
      return { stack, account: placeIn(switchyardValues(config)).account };
    }),
  );
}

/** The ledger of what it was about; none for a stack of an account without one, and for all previews. */
async function withTable(
  context: Context,
  { pull }: Manual,
  target: string | undefined,
  work: (table: StackTable) => Promise<unknown>,
): Promise<void> {
  if (target === undefined) return;
  if (pull !== undefined) return holdPreview(context, pull, async ({ table }) => void (await work(table)));
  const { config } = await readStackFile(projectRoot, target);
  const program = programOf(target, switchyardValues(config));
  if (program !== "environment" && program !== "pipeline") return;
  await withAws(context.where, target, (aws) => work(openTable(aws, target)));
}
