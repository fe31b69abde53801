/** Flags that commands on a stack take, each as it is described once. */
import type { Argv } from "yargs";
import { SwitchyardError } from "../programs/errors.ts";
import type { CommonFlags } from "./commands/context.ts";
import { theTag } from "./images-parser.ts";

export const theStack = <T extends CommonFlags>(y: Argv<T>) =>
  y.positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" });
export const theRefresh = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("refresh", {
    type: "boolean",
    describe: "read every resource from the account first: what a hand has changed is put back",
  });
export const theSet = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("set", { type: "string", array: true, nargs: 1, describe: "path=value, for this command alone" });
export const theDisruption = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("disrupt", {
    type: "string",
    array: true,
    nargs: 1,
    describe: "a resource or component that serves and may be disrupted, as plan names it",
  });
export const theReason = <T extends CommonFlags>(y: Argv<T>) =>
  theStack(y).option("why", { type: "string", describe: "reason, shown to whoever is refused and in the audit" });
export const theReport = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("report", { type: "string", describe: "also write the result to this file" });

export const thePromotion = <T extends CommonFlags>(y: Argv<T>) =>
  theStack(y)
    .option("tag", { type: "string", describe: "the version that is approved" })
    .option("wait", { type: "string", describe: "wait for its deploy, such as 30m" })
    .option("approver", { type: "string", describe: "who approved, when that is not who runs this" });

export function deployFlags<T extends CommonFlags>(y: Argv<T>) {
  return theDisruption(theReport(theTag(theStack(y))))
    .option("strategy", { choices: ["all-at-once", "canary", "linear"] as const, describe: "default: the stack's" })
    .option("canary", { type: "string", describe: "first share, such as 10%" })
    .option("bake", { type: "string", describe: "how long the first share is watched, such as 5m" })
    .option("step", { type: "string", describe: "share of each step of a linear shift, such as 20%" })
    .option("every", { type: "string", describe: "time between the steps of a linear shift, such as 2m" })
    .option("approve", {
      type: "boolean",
      describe: "wait for `promote` before traffic moves, also where the stack does not ask for it",
    })
    .option("keep-warm", { type: "string", describe: "how long the old colour keeps running, such as 1h" })
    .option("service", {
      type: "string",
      array: true,
      nargs: 1,
      describe: "deploy this service alone; the others stay as they are",
    })
    .option("dry-run", { type: "boolean", default: false, describe: "check, print the steps and stop" });
}

export function planFlags<T extends CommonFlags>(y: Argv<T>) {
  return theSet(theRefresh(theStack(y)))
    .option("policies", { type: "boolean", describe: "what the policies say, in full, instead of the changes" })
    .option("format", {
      choices: ["terminal", "markdown", "sarif", "json"] as const,
      implies: "policies",
      describe: "of what the policies say",
    })
    .option("out", {
      type: "string",
      implies: "policies",
      describe: "file for what the policies say; then the changes are shown too",
    });
}

export function destroyFlags<T extends CommonFlags>(y: Argv<T>) {
  return y
    .positional("stack", { type: "string", describe: "stack, such as production" })
    .option("everything", { type: "boolean", describe: "all stacks, then ask every account what is left" })
    .option("unprotect", { type: "boolean", describe: "also what is kept from deletion" })
    .option("yes", { type: "boolean", default: false, describe: "really" })
    .check(({ stack, everything }) => {
      if ((stack === undefined) === (everything === true)) return true;
      throw new SwitchyardError("invalid-flag", {
        what: stack === undefined ? "it is missing" : "it is given with --everything",
        where: "<stack>",
        fix: "name a stack, or give --everything for all of them",
      });
    });
}

export const upgradeFlags = <T extends CommonFlags>(y: Argv<T>) =>
  theStack(y)
    .option("to", { type: "string", describe: "version the environment beside runs, such as v8" })
    .option("beside", { type: "string", describe: "stack that takes over; its file names the snapshot it begins with" })
    .option("keep-for", {
      type: "string",
      describe: "how long the old environment is kept, such as 14d; 7d unless given",
    })
    .option("back", { type: "boolean", default: false, describe: "go back, until the first write beside" })
    .option("settle", { type: "boolean", default: false, describe: "end the way back" });
