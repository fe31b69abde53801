import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { driftLabel, hasDrift, type IssueAction, issueActions } from "../delivery/drift/issue.ts";
import { lookInPeace } from "../delivery/drift/looks.ts";
import { repairAction } from "../delivery/drift/repair.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { type Github, openGithub } from "../github/client.ts";
import { keepIssues } from "../github/issues.ts";
import { keepRepair } from "../github/repairs.ts";
import { whereFrom } from "../ledger/audit.ts";
import { standingStacks } from "../stacks/open.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { tellDue } from "../upgrade/tell-due.ts";
import { type CommonFlags, type Context, programHere, withContext } from "./context.ts";
import { atWork, type Compared, compareStack, leaseOf } from "./drift.ts";
import { applyStack } from "./stacks.ts";

export interface CiDriftFlags extends CommonFlags {
  /** Stacks to compare; all that have a state and a file here when absent. */
  readonly only?: readonly string[];
  /**
   * How to put back what differs: by an update that reads every resource first, of the stacks that `only` names; or by a pull
   * request of each that differs, which does so when it is merged.
   */
  readonly repair?: "apply" | "pull-request";
}

/** Compares each stack with its account, and keeps one issue of each that differs: opened, kept up to date, closed. */
export function ciDrift(flags: CiDriftFlags): Promise<void> {
  const only = flags.only?.map((name) => stackName(name, "--only"));
  if (flags.repair === "apply" && only === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: "nothing says which stacks are to be put back",
      where: "--only",
      fix: "name each: --only production --repair apply",
    });
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const github = openGithub(process.env, where.pace, out.line);
    const stacks = only ?? (await comparable(where));
    const done: { stack: string; differs: boolean; actions: readonly IssueAction[] }[] = [];
    const failed: { stack: string; error: Error }[] = [];
    // One after the other: a comparison asks for every resource, and AWS throttles an account, not a stack.
    for (const stack of stacks)
      try {
        const before = await compareInPeace(context, stack);
        const repairs = flags.repair === "apply" && before.differences.length > 0;
        const refusal = repairs ? await putBack(context, stack) : undefined;
        const { differences, byHand } = repairs ? await compareInPeace(context, stack) : before;
        const drift = { stack, differences, byHand: byHand.map(({ why }) => why) };
        const run = whereFrom();
        const actions = await keepIssues(github, driftLabel, (open) => issueActions(drift, open, run));
        if (flags.repair === "pull-request")
          out.line(
            `${stack}: pull request: ${await keepRepair(github, projectRoot, stack, (open) => repairAction(drift, open, run))}`,
          );
        const counted = differences.length + byHand.length;
        const said = actions.map(({ kind }) => kind).join(", ") || "as it was";
        out.line(`${stack}: ${hasDrift(drift) ? `${counted} differ` : "no drift"}; issue: ${said}`);
        done.push({ stack, differs: hasDrift(drift), actions });
        await tellOverdue(context, github, stack);
        if (refusal) throw refusal;
      } catch (error) {
        out.line(`! ${stack}: ${(error as Error).message}`);
        failed.push({ stack, error: error as Error });
      }
    out.document(done);
    const [first] = failed;
    if (first === undefined) return;
    const busy = failed.every(({ error }) => error instanceof SwitchyardError && error.code === "lease-held");
    throw new SwitchyardError(busy ? "lease-held" : "update-failed", {
      what: `${failed.length} of ${stacks.length} stacks could not be compared or put back: ${failed.map(({ stack }) => stack).join(", ")}`,
      where: `stack ${first.stack}`,
      fix: busy
        ? "run it again when those are done; issues stay as they were"
        : "mend what is said of each above; their issues stay open",
      cause: first.error,
    });
  });
}

/** Nothing is told of what another changes at the moment, and nothing put back. @throws SwitchyardError `lease-held` */
function compareInPeace({ where, out }: Context, stack: string): Promise<Compared> {
  return lookInPeace({
    look: () => compareStack(where, stack),
    differs: ({ differences, byHand }) => differences.length + byHand.length > 0,
    lease: () => leaseOf(where, stack),
    atWork: (before, after) => atWork(stack, before, after),
    clock: systemClock,
    pace: where.pace,
    tell: (line) => out.line(`${stack}: ${line}`),
  });
}

/** An environment that was replaced and is kept beyond its time has an issue of its own. */
async function tellOverdue({ where, out }: Context, github: Github, stack: string): Promise<void> {
  if ((await programHere(where, stack)) !== "environment") return;
  const seen = { now: systemClock.now(), run: whereFrom() };
  const actions = await withAws(where, stack, (aws) => tellDue(github, openTable(aws, stack), seen));
  for (const { kind } of actions) out.line(`${stack}: replaced and kept beyond its time; issue: ${kind}`);
}

/** What an update would disrupt, and what a policy forbids, is refused here too. @returns why it was not put back */
function putBack(context: Context, stack: string): Promise<Error | undefined> {
  return applyStack(context, stack, { refresh: true }).then(
    () => undefined,
    (error: Error) => error,
  );
}

/** Preview environments have no file of their own, and end soon. */
async function comparable(where: Surroundings): Promise<readonly string[]> {
  const { stacks } = await readCheckout(projectRoot);
  return (await standingStacks(where, "pipeline")).filter((name) => name in stacks);
}
