import type { MachineName } from "../../programs/components/runner/machine-names.ts";
import type { ConfigValues } from "../../programs/config.ts";
import { errorCatalogue, SwitchyardError } from "../../programs/errors.ts";
import { deployStackIn } from "../../programs/runner-of.ts";
import { actor } from "../actor.ts";
import type { Aws } from "../aws/clients.ts";
import { systemClock } from "../clock.ts";
import { withAws } from "../deploy/conduct/session.ts";
import { duration, longest } from "../durations.ts";
import type { Output } from "../render/reporter.ts";
import { detachable } from "../runner/detach.ts";
import * as executions from "../runner/executions.ts";
import { type Ended, follow, refuseFailed } from "../runner/follow.ts";
import { type Machines, machinesOf } from "../runner/machines.ts";
import { stackValues } from "../stacks/open.ts";
import type { Surroundings } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";

const stack = "runner";

export interface RunnerContext extends Context {
  readonly aws: Aws;
  readonly machines: Machines;
}

export function withRunner(flags: CommonFlags, work: (runner: RunnerContext) => Promise<void>): Promise<void> {
  return withContext(flags, (context) => inRunner(context, work));
}

/** For a command that is done within another. @param deployStack where it is known; read from the checkout when absent */
export function inRunner<T>(
  context: Context,
  work: (runner: RunnerContext) => Promise<T>,
  deployStack?: string,
): Promise<T> {
  return withAws(context.where, stack, async (aws) => {
    const machines = deployStack === undefined ? machinesHere(context.where, aws) : machinesOf(aws, deployStack);
    return work({ ...context, aws, machines: await machines });
  });
}

/** The machines of the runner that this checkout describes. */
export async function machinesHere(where: Surroundings, aws: Aws): Promise<Machines> {
  return machinesOf(aws, (await deployStackOf(where)) ?? deployStackIn({}));
}

/** The environment whose releases the runner does; undefined where the checkout has no file of one. */
export async function deployStackOf(where: Surroundings): Promise<string | undefined> {
  const values = await runnerValues(where);
  return values && deployStackIn(values);
}

/** The runner's file; undefined where the checkout has none. */
export async function runnerValues(where: Surroundings): Promise<ConfigValues | undefined> {
  try {
    return await stackValues(where, stack);
  } catch (error) {
    if (error instanceof SwitchyardError && error.code === "not-found") return undefined;
    throw error;
  }
}

/** Milliseconds between two looks at what is followed. Each is several calls: the sandbox's clock makes it no quicker than this. */
export const followEveryMs = ({ pace }: { readonly pace: number }): number => Math.max(500, 5_000 * pace);

export interface Followed {
  readonly execution: string;
  /** Of what; any of them when absent. */
  readonly machine?: MachineName;
  /** How long; half a day when absent. */
  readonly wait?: string | undefined;
}

/** Says each state as it is entered and what jobs write. Ctrl-C leaves the execution running, a second one cancels it. */
export function followToEnd(
  { aws, machines, out, where }: RunnerContext,
  { execution, machine, wait = "12h" }: Followed,
): Promise<Ended | "detached" | "cancelled"> {
  const mostMs = duration("--wait", wait, longest.kept);
  const everyMs = followEveryMs(where);
  const of = machine === undefined ? {} : { machine };
  return detachable(
    (detach) =>
      follow({ aws, machines, execution, ...of, clock: systemClock, tell: out.line, everyMs, mostMs, detach }),
    {
      ...{ clock: systemClock, execution, say: out.line, graceMs: 5_000 },
      again: `switchyard runner follow ${execution}`,
      cancel: async () =>
        executions.cancel(aws, (await executions.find(aws, machines, execution, machine && [machine])).arn, actor()),
    },
  );
}

/**
 * Says how an execution ended; this process ends with the exit code of the job that failed.
 *
 * @throws SwitchyardError `execution-failed` for one that did not succeed, and no job of which has an exit code.
 */
export function conclude(out: Output, ended: Ended): void {
  const { execution, status, exitCode, error = status } = ended;
  if (status !== "SUCCEEDED" && exitCode === undefined) refuseFailed(ended);
  else if (status === "SUCCEEDED") out.line(`${execution} has succeeded`);
  else out.line(`${execution} ended as ${error}: its job ended with exit code ${exitCode}`);
  if (status !== "SUCCEEDED") process.exitCode = exitCode;
}

/** What somebody left, or cancelled. */
export function endInterrupted(): void {
  process.exitCode = errorCatalogue.interrupted.exitCode;
}
