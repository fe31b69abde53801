import type { ExecutionStatus } from "@aws-sdk/client-sfn";
import { executionName } from "../../programs/components/runner/execution-name.ts";
import { type MachineName, machineNames } from "../../programs/components/runner/machine-names.ts";
import type { ExecutionInput } from "../../programs/components/runner/machines/inputs.ts";
import { newTrace, traceHeader } from "../../programs/components/runner/trace.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { type HistoryEvent, openQuestion } from "./history.ts";
import { type Machines, noRunner } from "./machines.ts";

export interface Execution {
  readonly execution: string;
  readonly machine: MachineName;
  readonly status: ExecutionStatus | "UNKNOWN";
  readonly started: string | undefined;
  readonly ended: string | undefined;
  /** By which it failed, and why; absent where it did not. */
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** By which AWS X-Ray and the logs of its jobs know it; absent where it was given none. */
  readonly trace?: string | undefined;
}

const sfn = () => import("@aws-sdk/client-sfn");
const named = (error: unknown, ...names: readonly string[]) => error instanceof Error && names.includes(error.name);
const text = (at: Date | undefined) => at?.toISOString();

export type Started = Pick<Execution, "execution" | "machine" | "started" | "trace">;

/**
 * Starts an execution, with a trace of its own, or finds the one that runs: the same start has the same name.
 *
 * @throws SwitchyardError `invalid-flag` where it ended already, `not-found` without a runner.
 */
export async function start(
  aws: Aws,
  machines: Machines,
  machine: MachineName,
  input: ExecutionInput,
  attempt: number,
  now: number = Date.now(),
): Promise<Started> {
  const begun = await startUnlessEnded(aws, machines, machine, input, attempt, now);
  if (!("cause" in begun)) return begun;
  throw new SwitchyardError("invalid-flag", {
    what: `the same was started before, as ${begun.ended}, and has ended`,
    where: "--attempt",
    fix: `give --attempt ${attempt + 1} to do it once more`,
    cause: begun.cause,
  });
}

/** Likewise; where the same has ended already it is done once more. @throws SwitchyardError `not-found` without a runner. */
export async function startAgain(
  aws: Aws,
  machines: Machines,
  machine: MachineName,
  input: ExecutionInput,
): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    const begun = await startUnlessEnded(aws, machines, machine, input, attempt, Date.now());
    if (!("cause" in begun)) return begun;
  }
}

async function startUnlessEnded(
  aws: Aws,
  machines: Machines,
  machine: MachineName,
  input: ExecutionInput,
  attempt: number,
  now: number,
): Promise<Started | { readonly ended: string; readonly cause: unknown }> {
  const [{ StartExecutionCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  const name = executionName(machine, input, attempt);
  const trace = newTrace(now);
  try {
    const { startDate } = await client.send(
      new StartExecutionCommand({
        ...{ stateMachineArn: machines.machine(machine), name, traceHeader: traceHeader(trace) },
        input: JSON.stringify({ ...input, trace }),
      }),
    );
    return { execution: name, machine, started: text(startDate), trace };
  } catch (error) {
    if (named(error, "StateMachineDoesNotExist")) noRunner(error);
    if (!named(error, "ExecutionAlreadyExists")) throw error;
    const found = await find(aws, machines, name, [machine]).catch(unlessUnknown);
    // Another has started it a moment ago, and AWS does not describe it yet.
    if (found === undefined) return { execution: name, machine, started: undefined, trace: undefined };
    const { status, started, trace: itsTrace } = found;
    return status === "RUNNING"
      ? { execution: name, machine, started, trace: itsTrace }
      : { ended: name, cause: error };
  }
}

/** Of an execution that AWS does not know, or not yet: what it answers is "eventually consistent" (API, DescribeExecution). */
export function unlessUnknown(error: unknown): undefined {
  if (error instanceof SwitchyardError && error.code === "not-found") return undefined;
  throw error;
}

/** The newest of each machine, newest first. @throws SwitchyardError `not-found` without a runner. */
export async function list(aws: Aws, machines: Machines, limit: number): Promise<readonly Execution[]> {
  const [{ ListExecutionsCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  const missing: unknown[] = [];
  const pages = await Promise.all(
    machineNames.map(async (machine) => {
      const asked = new ListExecutionsCommand({ stateMachineArn: machines.machine(machine), maxResults: limit });
      const { executions = [] } = await client.send(asked).catch((error: unknown) => {
        if (!named(error, "StateMachineDoesNotExist")) throw error;
        missing.push(error);
        return { executions: [] };
      });
      return executions.map(
        ({ name = "", status = "UNKNOWN" as const, startDate, stopDate }): Execution => ({
          execution: name,
          machine,
          status,
          started: text(startDate),
          ended: text(stopDate),
        }),
      );
    }),
  );
  // A runner that an earlier version applied has not all of them.
  if (missing.length === machineNames.length) noRunner(missing[0]);
  const newest = (one: Execution, other: Execution) => (other.started ?? "").localeCompare(one.started ?? "");
  return pages.flat().sort(newest).slice(0, limit);
}

/**
 * @param among the machines that are asked: others may be closed to who asks
 * @throws SwitchyardError `not-found` where none of them has one of that name.
 */
export async function find(
  aws: Aws,
  machines: Machines,
  name: string,
  among: readonly MachineName[] = machineNames,
): Promise<Execution & { readonly arn: string }> {
  const [{ DescribeExecutionCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  for (const machine of among) {
    const arn = machines.execution(machine, name);
    try {
      const found = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
      return {
        ...{ execution: name, machine, arn, status: found.status ?? "UNKNOWN" },
        ...{ started: text(found.startDate), ended: text(found.stopDate), trace: traceGiven(found.input) },
        ...(found.error === undefined ? {} : { error: found.error, cause: found.cause }),
      };
    } catch (error) {
      if (!named(error, "ExecutionDoesNotExist", "StateMachineDoesNotExist")) throw error;
    }
  }
  throw new SwitchyardError("not-found", {
    what: `there is no execution ${name}`,
    where: "<execution>",
    fix: "`switchyard runner list` lists those of the last 90 days",
  });
}

function traceGiven(input: string | undefined): string | undefined {
  const trace: unknown = input === undefined ? undefined : JSON.parse(input).trace;
  return typeof trace === "string" ? trace : undefined;
}

/** Every event of an execution, in order; none of one that AWS does not know yet. */
export async function history(aws: Aws, executionArn: string): Promise<readonly HistoryEvent[]> {
  const [{ GetExecutionHistoryCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  const all: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const asked = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken });
    const page = await client.send(asked).catch((error: unknown) => {
      if (!named(error, "ExecutionDoesNotExist")) throw error;
      return { events: [], nextToken: undefined };
    });
    all.push(...((page.events ?? []) as readonly HistoryEvent[]));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return all;
}

export interface Answer {
  readonly verdict: "approve" | "reject";
  readonly by: string;
  readonly why: string | undefined;
}

/**
 * Answers the question for approval of an execution.
 *
 * @throws SwitchyardError `not-found` where it asks nothing, or nothing any more.
 */
export async function answer(aws: Aws, arn: string, name: string, given: Answer): Promise<void> {
  const [{ SendTaskFailureCommand, SendTaskSuccessCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  const taskToken = openQuestion(await history(aws, arn));
  if (taskToken === undefined) throw asksNothing(name);
  const { by, why } = given;
  try {
    if (given.verdict === "approve")
      await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ approvedBy: by, why }) }));
    else
      await client.send(
        new SendTaskFailureCommand({
          taskToken,
          error: "Rejected",
          cause: [`by ${by}`, why].filter(Boolean).join(": "),
        }),
      );
  } catch (error) {
    // Somebody else was faster, or its time ended, between the two calls.
    if (named(error, "TaskTimedOut", "TaskDoesNotExist", "InvalidToken")) throw asksNothing(name, error);
    throw error;
  }
}

function asksNothing(name: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("not-found", {
    what: `${name} waits for no approval: it has not asked yet, was answered, or its time is over`,
    where: "<execution>",
    fix: "`switchyard runner list` says whether it still runs",
    cause,
  });
}

/** Stops an execution, whose job Step Functions ends as well as it can. One that ended stays as it is. */
export async function cancel(aws: Aws, arn: string, by: string): Promise<void> {
  const [{ StopExecutionCommand }, client] = await Promise.all([sfn(), aws.client("sfn")]);
  await client.send(new StopExecutionCommand({ executionArn: arn, error: "Cancelled", cause: `by ${by}` }));
}
