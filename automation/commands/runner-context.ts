import type { MachineName } from "../../programs/components/runner/machine-names.ts";
import type { ConfigValues } from "../../programs/config.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { deployStackIn } from "../../programs/runner-of.ts";
import { actor } from "../actor.ts";
import type { Aws } from "../aws/clients.ts";
import { systemClock } from "../clock.ts";
import { withAws } from "../deploy/conduct/session.ts";
import { duration, longest } from "../durations.ts";
import type { Output } from "../render/reporter.ts";
import { startedInTurn } from "../runner/at-once.ts";
import { detachable } from "../runner/detach.ts";
import * as executions from "../runner/executions.ts";
import { type Ended, endedText, follow, refuseFailed } from "../runner/follow.ts";
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

const lookMs = 5_000;
/** Of several at once: they share what calls a command may make. */
const lookAtSeveralMs = 15_000;
/** A look is several calls: more of them, however fast the sandbox's clock runs, would keep it from what is followed. */
const shortestLookMs = 500;

/** Milliseconds between two looks at what is followed. */
export const followEveryMs = ({ pace }: { readonly pace: number }, ms = lookMs): number =>
  Math.max(shortestLookMs, ms * pace);

export interface Followed {
  readonly execution: string;
  /** Of what; any of them when absent. */
  readonly machine?: MachineName;
  /** How long; half a day when absent. */
  readonly wait?: string | undefined;
}

/** How long one is followed unless it is told. */
const patience = "12h";
const graceMs = 5_000;

/**
 * Says each state as it is entered and what jobs write. Ctrl-C leaves the execution running, a second one cancels it.
 *
 * @returns where it stands, as `RUNNING`, when the time is over.
 */
export function followToEnd(
  runner: RunnerContext,
  { execution, machine, wait = patience }: Followed,
): Promise<Ended | "detached" | "cancelled"> {
  const { aws, machines, out, where } = runner;
  const mostMs = duration("--wait", wait, longest.kept);
  const everyMs = followEveryMs(where);
  const of = machine === undefined ? {} : { machine };
  return detachable(
    (detach) =>
      follow({ aws, machines, execution, ...of, clock: systemClock, tell: out.line, everyMs, mostMs, detach }),
    {
      ...{ clock: systemClock, execution, say: out.line, graceMs },
      again: `switchyard runner follow ${execution}`,
      cancel: () => cancelOne(runner, execution, machine),
    },
  );
}

async function cancelOne({ aws, machines }: RunnerContext, execution: string, machine?: MachineName): Promise<void> {
  await executions.cancel(aws, (await executions.find(aws, machines, execution, machine && [machine])).arn, actor());
}

export interface Several {
  readonly machine: MachineName;
  readonly stacks: readonly string[];
  readonly most: number;
  /** @returns the execution's name */
  readonly start: (stack: string) => Promise<string>;
}

/**
 * Starts an execution for each stack, one after the other, and follows them together; what jobs write has its stack before it.
 * Ctrl-C leaves running what was started, a second one cancels that.
 *
 * @returns of each, in the order of the stacks
 */
export function followTogether(
  runner: RunnerContext,
  { machine, stacks, most, start }: Several,
): Promise<readonly PromiseSettledResult<Ended>[] | "detached" | "cancelled"> {
  const { aws, machines, out, where } = runner;
  const begun: string[] = [];
  const startOne = async (stack: string) => {
    const execution = await start(stack);
    begun.push(execution);
    return execution;
  };
  const every = { everyMs: followEveryMs(where, lookAtSeveralMs), mostMs: duration("--wait", patience) };
  return detachable(
    (detach) => {
      const look = { aws, machines, machine, clock: systemClock, tell: out.line, ...every, detach };
      const followOne = (execution: string, stack: string) => follow({ ...look, execution, margin: `  ${stack}: ` });
      return startedInTurn(stacks, { most, start: startOne, follow: followOne, detach });
    },
    {
      ...{ clock: systemClock, execution: "what was started", say: out.line, graceMs },
      again: "run the command again, which follows it",
      cancel: async () => {
        await Promise.all(begun.map((execution) => cancelOne(runner, execution, machine)));
      },
    },
  );
}

/**
 * Says how an execution ended; this process ends with the exit code of the job that failed.
 *
 * @throws SwitchyardError `execution-failed` for one that did not succeed, and no job of which has an exit code, or still runs.
 */
export function conclude(out: Output, ended: Ended): void {
  const { execution, status, exitCode } = ended;
  if (status !== "SUCCEEDED" && exitCode === undefined) refuseFailed(ended);
  out.line(status === "SUCCEEDED" ? `${execution} has succeeded` : endedText(ended));
  if (status !== "SUCCEEDED") process.exitCode = exitCode;
}

/** What somebody left, or cancelled. */
export function endInterrupted(): void {
  process.exitCode = errorCatalogue.interrupted.exitCode;
}
