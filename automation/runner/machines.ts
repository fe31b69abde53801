import { type MachineName, physicalName } from "../../programs/components/runner/machine-names.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { callerOf } from "../aws/caller.ts";
import type { Aws } from "../aws/clients.ts";
import { deadLetterQueues } from "./dead-letters.ts";

/** ARNs of the runner's state machines and of their executions. */
export interface Machines {
  machine(name: MachineName): string;
  execution(name: MachineName, execution: string): string;
  /** By which schedules start commands. */
  readonly scheduleRoleArn: string;
  /** The queue of what they could not start. */
  readonly scheduleLettersArn: string;
}

/**
 * Those of the account and region that these credentials are of: their names are fixed, and no engine need be asked.
 *
 * @param deployStack the environment whose releases they do
 */
export async function machinesOf(aws: Aws, deployStack: string): Promise<Machines> {
  const { account, arn } = await callerOf(aws);
  const partition = arn.split(":")[1] ?? "aws";
  const states = `arn:${partition}:states:${aws.region}:${account}`;
  return {
    machine: (name) => `${states}:stateMachine:${physicalName(name, deployStack)}`,
    execution: (name, execution) => `${states}:execution:${physicalName(name, deployStack)}:${execution}`,
    scheduleRoleArn: `arn:${partition}:iam::${account}:role/switchyard-runner-schedule`,
    scheduleLettersArn: `arn:${partition}:sqs:${aws.region}:${account}:${deadLetterQueues.schedules}`,
  };
}

/** @throws SwitchyardError `not-found`, always. */
export function noRunner(cause: unknown): never {
  throw new SwitchyardError("not-found", {
    what: "the account has no runner in this region",
    where: "runner",
    fix: "apply the stack first (docs/runner.md), or use credentials of its account",
    cause,
  });
}
