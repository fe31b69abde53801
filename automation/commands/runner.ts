import type { MachineName } from "../../programs/components/runner/machine-names.ts";
import type { CommandInput, ExecutionInput, PreviewInput } from "../../programs/components/runner/machines/inputs.ts";
import type { JobRole } from "../../programs/components/runner/machines/places.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { commit } from "../checkout.ts";
import { duration, longest } from "../durations.ts";
import { deadLetters, lettersText } from "../runner/dead-letters.ts";
import * as executions from "../runner/executions.ts";
import { refuseNotForJobs } from "../runner/job-command.ts";
import type { CommonFlags } from "./context.ts";
import { conclude, endInterrupted, followToEnd, withRunner } from "./runner-context.ts";
import { executionLine } from "./runner-status.ts";

export interface StartFlags extends CommonFlags {
  readonly commit?: string;
  readonly attempt: number;
}
export interface StartPlanFlags extends StartFlags {
  readonly number: string;
}
export interface StartApplyFlags extends StartFlags {
  readonly stack: string;
  readonly pullRequest?: number;
}
export interface StartEphemeralFlags extends StartFlags {
  readonly number: string;
  readonly tag: string;
  readonly for?: string;
}
export interface StartRunFlags extends StartFlags {
  readonly stack: string;
  readonly role?: JobRole;
  readonly command: readonly string[];
}
export interface ListFlags extends CommonFlags {
  readonly limit: number;
}
export interface ExecutionFlags extends CommonFlags {
  readonly execution: string;
}
export interface FollowFlags extends ExecutionFlags {
  readonly wait?: string;
}
export interface AnswerFlags extends ExecutionFlags {
  readonly why?: string;
}

export function startPlan(flags: StartPlanFlags): Promise<void> {
  return start("plan", flags, inputOf(flags, `pr-${flags.number}`, Number(flags.number)));
}

export function startApply(flags: StartApplyFlags): Promise<void> {
  return start("plan-apply", flags, inputOf(flags, flags.stack, flags.pullRequest ?? 0));
}

export function startEphemeral(flags: StartEphemeralFlags): Promise<void> {
  const ttlSeconds = Math.ceil(duration("--for", flags.for ?? "24h", longest.preview) / 1000);
  const input: PreviewInput = {
    ...inputOf(flags, `pr-${flags.number}`, Number(flags.number)),
    tag: flags.tag,
    ttlSeconds,
  };
  return start("ephemeral", flags, input);
}

export function startRun(flags: StartRunFlags): Promise<void> {
  refuseNotForJobs(flags.command);
  const input: CommandInput = { ...inputOf(flags, flags.stack, 0), role: flags.role ?? "plan", command: flags.command };
  return start("run", flags, input);
}

/** @throws SwitchyardError `invalid-flag` where nothing says the whole commit, which a job has to check out. */
function inputOf(flags: StartFlags, of: string, pullRequest: number): ExecutionInput {
  const sha = flags.commit ?? commit();
  if (sha !== undefined && /^[0-9a-f]{40}$/.test(sha)) return { stack: of, commit: sha, actor: actor(), pullRequest };
  throw new SwitchyardError("invalid-flag", {
    what: sha === undefined ? "this is no checkout of a commit" : "it is not a whole commit",
    where: "--commit",
    fix: "give all 40 digits of the commit to run, as `git rev-parse HEAD` shows them",
  });
}

function start(machine: MachineName, flags: StartFlags, input: ExecutionInput): Promise<void> {
  return withRunner(flags, async ({ aws, machines, out }) => {
    const started = await executions.start(aws, machines, machine, input, flags.attempt);
    out.line(`${machine} of ${input.stack} at ${input.commit.slice(0, 10)} runs as ${started.execution}`);
    if (started.trace !== undefined) out.line(`its trace is ${started.trace}`);
    out.document(started);
  });
}

export function listExecutions(flags: ListFlags): Promise<void> {
  return withRunner(flags, async ({ aws, machines, out }) => {
    const [found, dead] = await Promise.all([executions.list(aws, machines, flags.limit), deadLetters(aws)]);
    if (found.length === 0) out.line("Nothing was started yet");
    for (const each of found) out.line(executionLine(each));
    for (const line of lettersText(dead)) out.line(line);
    out.document({ executions: found, deadLetters: dead });
  });
}

export function approve(flags: AnswerFlags): Promise<void> {
  return answer("approve", flags);
}

export function reject(flags: AnswerFlags): Promise<void> {
  return answer("reject", flags);
}

function answer(verdict: executions.Answer["verdict"], flags: AnswerFlags): Promise<void> {
  return withRunner(flags, async ({ aws, machines, out }) => {
    const { arn, execution } = await executions.find(aws, machines, flags.execution);
    const by = actor();
    const { why } = flags;
    await executions.answer(aws, arn, execution, { verdict, by, why });
    out.line(`${execution} is ${verdict === "approve" ? "approved" : "rejected"} by ${by}`);
    out.document({ execution, verdict, by, why });
  });
}

/** Says each state as it is entered and what jobs write, and ends with the exit code of the job that failed, where there is one. */
export function followExecution(flags: FollowFlags): Promise<void> {
  return withRunner(flags, async (runner) => {
    const { execution, wait } = flags;
    const ended = await followToEnd(runner, { execution, wait });
    if (ended === "detached" || ended === "cancelled") {
      if (ended === "cancelled") runner.out.line(`${execution} is cancelled`);
      runner.out.document({ execution, [ended]: true });
      return endInterrupted();
    }
    runner.out.document(ended);
    conclude(runner.out, ended);
  });
}

export function cancelExecution(flags: ExecutionFlags): Promise<void> {
  return withRunner(flags, async ({ aws, machines, out }) => {
    const { arn, execution, status: before } = await executions.find(aws, machines, flags.execution);
    if (before === "RUNNING") await executions.cancel(aws, arn, actor());
    // It may have ended, or somebody may have cancelled it, between the two calls.
    const { status } = before === "RUNNING" ? await executions.find(aws, machines, execution) : { status: before };
    const cancelled = before === "RUNNING" && (status === "RUNNING" || status === "ABORTED");
    out.line(cancelled ? `${execution} is cancelled` : `${execution} has ended already: ${status}`);
    out.document({ execution, cancelled, ...(cancelled ? {} : { status }) });
  });
}
