/** What GitHub's workflows hand over to the runner. Decisions alone. */
import type { ProgramName } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";

/** Set in every job of the runner, which does what it was handed, and hands nothing over again. */
export const jobVariable = "SWITCHYARD_EXECUTION";

export const isJob = (env: Readonly<Record<string, string | undefined>>): boolean => (env[jobVariable] ?? "") !== "";

/**
 * A stack whose file says `runner: aws` needs a runner in the same checkout, whose jobs may change it.
 *
 * @param deployStack the environment that the runner deploys; undefined without a file of a runner
 * @throws SwitchyardError `invalid-config`
 */
export function refuseWithoutRunner(stack: string, program: ProgramName, deployStack: string | undefined): string {
  const refused = (what: string, fix: string) =>
    new SwitchyardError("invalid-config", { what, where: `switchyard:runner of ${stack}`, fix });
  if (deployStack === undefined)
    throw refused(
      "it says aws, and there is no Pulumi.runner.yaml in this commit",
      "write one as docs/runner.md says and apply it, or say github",
    );
  if (program === "environment" && stack !== deployStack)
    throw refused(
      `it says aws, and the runner's jobs may change ${deployStack} and no other environment`,
      `say github, or name ${stack} under switchyard:deployStack in Pulumi.runner.yaml`,
    );
  return deployStack;
}

/** How an execution ended that had applied something, which it has taken back, or frozen. */
export function hadApplied(error: string | undefined): "back" | "frozen" | undefined {
  return error === "WentBack" ? "back" : error === "Frozen" ? "frozen" : undefined;
}
