import type { Argv } from "yargs";
import { stepNames } from "./bootstrap/decide/steps.ts";
import type { CommonFlags } from "./commands/context.ts";

export function bootstrapFlags<T extends CommonFlags>(y: Argv<T>) {
  return y
    .option("plan", { type: "boolean", default: false, describe: "look only: the steps with their states" })
    .option("undo", {
      type: "boolean",
      default: false,
      describe: "undo the steps, the last first; says what it leaves",
    })
    .option("yes", { type: "boolean", default: false, describe: "really undo" })
    .option("repository", {
      type: "string",
      describe: "owner/name on GitHub whose workflows deliver; default: switchyard:github of the pipeline",
    })
    .option("state-bucket", { type: "string", describe: "bucket of the stacks' state; default: after the account" })
    .option("tag", { type: "string", describe: "tag of the first images; default: bootstrap" })
    .option("without", {
      choices: stepNames,
      array: true,
      nargs: 1,
      describe: "a step to leave out",
    });
}
