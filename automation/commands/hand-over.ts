import { appendFile } from "node:fs/promises";
import type { MergeInput, ReleaseInput } from "../../programs/components/runner/machines/inputs.ts";
import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { buildsImages, runnerOf } from "../../programs/runner-of.ts";
import { actor } from "../actor.ts";
import { stackName } from "../flags.ts";
import { startAgain } from "../runner/executions.ts";
import type { Ended } from "../runner/follow.ts";
import { isJob, refuseWithoutRunner } from "../runner/hand-over.ts";
import { stackValues } from "../stacks/open.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { imagesStack } from "./images.ts";
import {
  deployStackOf,
  followToEnd,
  followTogether,
  inRunner,
  type RunnerContext,
  runnerValues,
} from "./runner-context.ts";

/** Whether what is delivered to a stack is done by the runner: as its file says, and never by a job of the runner's itself. */
export async function isHandedOver({ where }: Context, stack: string): Promise<boolean> {
  return !isJob(process.env) && runnerOf(stack, await stackValues(where, stack)) === "aws";
}

/**
 * Whether the images of a stack's releases are built by the runner: by one that does the stack's releases, and builds for their
 * platform.
 */
export async function isBuiltThere(context: Context, stack: string): Promise<boolean> {
  const { where } = context;
  if (!(await isHandedOver(context, stack))) return false;
  const runner = await runnerValues(where);
  return runner !== undefined && buildsImages(runner, await stackValues(where, imagesStack));
}

/** What each of the machines that take what is handed over begins with. */
interface Inputs {
  readonly merge: Omit<MergeInput, "actor">;
  readonly release: Omit<ReleaseInput, "actor">;
}

/**
 * Has the runner do it, and follows that to its end. What runs already is followed, and what has ended is done once more: a
 * run of a workflow may be run again.
 *
 * @param begun is told the execution's name before it is followed
 * @returns where it stands, as `RUNNING`, when it has not ended in half a day.
 * @throws SwitchyardError `invalid-config` where no runner may do it, `interrupted` where somebody did not wait for its end.
 */
export async function handOver<M extends keyof Inputs>(
  context: Context,
  machine: M,
  given: Inputs[M],
  begun: (execution: string) => void = () => undefined,
): Promise<Ended> {
  const deployStack = await runnerFor(context, given.stack);
  const startAndFollow = async (runner: RunnerContext) => {
    const execution = await startThere(runner, machine, given);
    begun(execution);
    const ended = await followToEnd(runner, { execution, machine });
    if (ended !== "detached" && ended !== "cancelled") return ended;
    throw leftRunning(ended, execution, {
      cancelled: "run the command again: the next one finishes what it began",
      detached: `run the command again, or \`switchyard runner follow ${execution}\`; \`switchyard runner cancel\` stops it`,
    });
  };
  return inRunner(context, startAndFollow, deployStack);
}

/** At once: half of the vCPUs that the runner has unless told otherwise. */
export const mostAtOnce = 8;

/**
 * Likewise of several stacks, which are at work beside each other: started in their order, so many at once at most, and each
 * followed to its end whatever comes of the others.
 *
 * @returns in the order that was given; why, of one that could not be started or followed
 * @throws as above
 */
export async function handOverTogether<M extends keyof Inputs>(
  context: Context,
  machine: M,
  given: readonly Inputs[M][],
  begun: (execution: string) => void = () => undefined,
): Promise<readonly PromiseSettledResult<Ended>[]> {
  const inputs = new Map(given.map((each) => [each.stack, each]));
  const stacks = [...inputs.keys()];
  let deployStack = "";
  for (const stack of stacks) deployStack = await runnerFor(context, stack);
  const startAndFollow = async (runner: RunnerContext) => {
    const names: string[] = [];
    const start = async (stack: string) => {
      const execution = await startThere(runner, machine, inputs.get(stack) as Inputs[M]);
      names.push(execution);
      begun(execution);
      return execution;
    };
    const ended = await followTogether(runner, { machine, stacks, most: mostAtOnce, start });
    if (ended !== "detached" && ended !== "cancelled") return ended;
    throw leftRunning(ended, names.join(", "), {
      cancelled: "run the command again: it starts them once more",
      detached: "run the command again, which follows them; `switchyard runner cancel` stops one",
    });
  };
  return inRunner(context, startAndFollow, deployStack);
}

/** @returns the environment that the runner deploys @throws SwitchyardError `invalid-config` where no runner may do it. */
async function runnerFor({ where }: Context, stack: string): Promise<string> {
  const program = programOf(stack, await stackValues(where, stack));
  return refuseWithoutRunner(stack, program, await deployStackOf(where));
}

async function startThere<M extends keyof Inputs>(
  { aws, machines, out }: RunnerContext,
  machine: M,
  given: Inputs[M],
): Promise<string> {
  const { execution, trace } = await startAgain(aws, machines, machine, { ...given, actor: actor() });
  const traced = trace === undefined ? "" : `; its trace is ${trace}`;
  out.line(`${given.stack}: ${machine} at ${given.commit.slice(0, 12)} runs on AWS as ${execution}${traced}`);
  return execution;
}

type Left = "cancelled" | "detached";

function leftRunning(left: Left, execution: string, fixes: Readonly<Record<Left, string>>): SwitchyardError {
  const what = left === "cancelled" ? "it is cancelled" : "it goes on in the account";
  return new SwitchyardError("interrupted", { what, where: execution, fix: fixes[left] });
}

export interface CiWhereFlags extends CommonFlags {
  readonly stack: string;
  /** The part of a release that is asked of; its deploy when absent. */
  readonly only?: "images" | "deploy";
}

/** Says where what is delivered to a stack is done, also as an output of the workflow's step. */
export function ciWhere(flags: CiWhereFlags): Promise<void> {
  const stack = stackName(flags.stack);
  const asked = flags.only === "images" ? isBuiltThere : isHandedOver;
  return withContext(flags, async (context) => {
    const { out } = context;
    const runner = (await asked(context, stack)) ? "aws" : "github";
    const file = process.env["GITHUB_OUTPUT"] ?? "";
    if (file !== "") await appendFile(file, `runner=${runner}\n`);
    out.line(runner);
    out.document({ stack, runner });
  });
}
