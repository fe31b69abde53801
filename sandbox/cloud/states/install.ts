/** Executions of Step Functions. Machines are moto's; of executions it knows nothing. */

import { randomUUID } from "node:crypto";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  type StartExecutionCommandInput,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Jobs } from "../batch/jobs.ts";
import { tellEventBridge } from "../events.ts";
import { awsError, type CloudContext } from "../handlers.ts";
import type { Owner, Schedules } from "../schedules/schedules.ts";
import { StateError } from "./evaluate.ts";
import { Execution } from "./execution.ts";
import type { Definition } from "./interpret.ts";
import { Tokens } from "./tokens.ts";

export function installStates(cloud: CloudContext, jobs: Jobs, schedules: Schedules): void {
  const executions = new Map<string, Execution>();
  const tokens = new Tokens(cloud.clock);
  const found = (arn: string | undefined): Execution => {
    const execution = executions.get(arn ?? "");
    if (execution === undefined) throw awsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  };
  const start = async (owner: Owner, input: StartExecutionCommandInput) => {
    const machineArn = input.stateMachineArn ?? "";
    const machine = await owner.moto(SFNClient).send(new DescribeStateMachineCommand({ stateMachineArn: machineArn }));
    const name = input.name ?? randomUUID();
    const arn = `${machineArn.replace(":stateMachine:", ":execution:")}:${name}`;
    const given = input.input ?? "{}";
    const before = executions.get(arn);
    if (before !== undefined) {
      // The same start is harmless while it runs (AWS Step Functions API, StartExecution).
      const same = before.status === "RUNNING" && before.options.input === given;
      if (!same) throw awsError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
      return { executionArn: arn, startDate: before.startDate };
    }
    const { account } = owner;
    const { moto } = await cloud.inAccount(account);
    const execution = new Execution(cloud, {
      ...{ arn, name, machineArn, tokens, input: given },
      definition: JSON.parse(machine.definition ?? "{}") as Definition,
      place: { jobs, schedules, account, moto },
      ended: (ended) => void tell(ended, moto),
    });
    executions.set(arn, execution);
    return { executionArn: arn, startDate: execution.startDate };
  };
  cloud.handle(StartExecutionCommand, (input, { account, moto }) => start({ account, moto }, input));
  schedules.onFire("states", (owner, stateMachineArn, input) => start(owner, { stateMachineArn, input }));

  async function tell(
    { options, startDate, status, error, cause }: Execution,
    moto: CloudContext["moto"],
  ): Promise<void> {
    const { arn: executionArn, machineArn: stateMachineArn, name, input } = options;
    await tellEventBridge(cloud, moto, {
      ...{ source: "aws.states", type: "Step Functions Execution Status Change", resource: executionArn },
      detail: { executionArn, stateMachineArn, name, status, startDate: startDate.getTime(), input, error, cause },
    });
  }

  cloud.handle(DescribeExecutionCommand, ({ executionArn }) => {
    const execution = found(executionArn);
    return { ...summary(execution), input: execution.options.input, ...endOf(execution) };
  });

  cloud.handle(GetExecutionHistoryCommand, ({ executionArn, reverseOrder, maxResults, nextToken }) => {
    const { events } = found(executionArn);
    const sorted = reverseOrder ? [...events].reverse() : events;
    const from = Number(nextToken ?? 0);
    const to = from + (maxResults || 100);
    return { events: sorted.slice(from, to), ...(to < sorted.length && { nextToken: String(to) }) };
  });

  cloud.handle(ListExecutionsCommand, async ({ stateMachineArn, statusFilter, maxResults }, call) => {
    await call.moto(SFNClient).send(new DescribeStateMachineCommand({ stateMachineArn }));
    const all = [...executions.values()].filter(
      ({ options, status }) =>
        options.machineArn === stateMachineArn && (statusFilter === undefined || statusFilter === status),
    );
    return {
      executions: all
        .reverse()
        .slice(0, maxResults || 100)
        .map(summary),
    };
  });

  cloud.handle(StopExecutionCommand, ({ executionArn, error, cause }) => {
    const execution = found(executionArn);
    execution.stop(error, cause);
    return { stopDate: execution.stopDate };
  });

  cloud.handle(SendTaskSuccessCommand, ({ taskToken, output }) => {
    const result = readOutput(output);
    tokens.take(taskToken).succeed(result);
    return {};
  });
  cloud.handle(SendTaskFailureCommand, ({ taskToken, error, cause }) => {
    tokens.take(taskToken).fail(new StateError(error ?? "", cause ?? ""));
    return {};
  });
  cloud.handle(SendTaskHeartbeatCommand, ({ taskToken }) => {
    tokens.look(taskToken).beat();
    return {};
  });

  const clear = () => {
    for (const execution of executions.values()) execution.stop("States.Aborted", "The sandbox stopped");
    executions.clear();
    tokens.clear();
  };
  cloud.onReset(clear);
  cloud.onStop(clear);
}

function readOutput(output: string | undefined): unknown {
  try {
    return JSON.parse(output ?? "") as unknown;
  } catch {
    throw awsError("InvalidOutput", "Invalid Output: 'The output is not JSON'");
  }
}

function summary({ options, startDate, stopDate, status }: Execution) {
  const { arn: executionArn, machineArn: stateMachineArn, name } = options;
  return { executionArn, stateMachineArn, name, status, startDate, ...(stopDate && { stopDate }) };
}

function endOf({ output, error, cause }: Execution) {
  return { ...(output !== undefined && { output }), ...(error !== undefined && { error, cause }) };
}
