import assert from "node:assert/strict";
import { BatchClient, CreateJobQueueCommand, DescribeJobQueuesCommand, ListJobsCommand } from "@aws-sdk/client-batch";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { runMachine } from "../../../../programs/components/runner/machines/machines.ts";
import { places } from "../../../programs/components/runner/fixtures.ts";
import { until } from "../alb/in-process.ts";
import { useJobs } from "../batch/fixture.ts";

describe("executions of Step Functions", () => {
  const { cloud, definition, ended: jobEnded } = useJobs();
  const sfn = () => cloud().client(SFNClient);
  let roleArn: string | undefined;
  let QueueUrl: string | undefined;
  let machines = 0;

  before(async () => {
    const trust = { Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    const { Role } = await cloud()
      .client(IAMClient)
      .send(new CreateRoleCommand({ RoleName: "states", AssumeRolePolicyDocument }));
    roleArn = Role?.Arn;
    ({ QueueUrl } = await cloud()
      .client(SQSClient)
      .send(new CreateQueueCommand({ QueueName: "asked" })));
  });

  async function machine(task: object): Promise<string | undefined> {
    machines += 1;
    const States = { Do: { Type: "Task", ...task, Next: "Done" }, Done: { Type: "Succeed" } };
    const made = new CreateStateMachineCommand({
      ...{ name: `machine-${machines}`, roleArn },
      definition: JSON.stringify({ QueryLanguage: "JSONata", StartAt: "Do", States }),
    });
    return (await sfn().send(made)).stateMachineArn;
  }
  const start = async (stateMachineArn: string | undefined, name = "one", input = "{}") =>
    (await sfn().send(new StartExecutionCommand({ stateMachineArn, name, input }))).executionArn;
  const describeExecution = (executionArn: string | undefined) =>
    sfn().send(new DescribeExecutionCommand({ executionArn }));
  const ended = (arn: string | undefined) =>
    until(`${arn} ended`, async () => {
      const found = await describeExecution(arn);
      return found.status !== "RUNNING" && found;
    });
  const events = async (executionArn: string | undefined) =>
    (await sfn().send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
  const job = async (command: readonly string[]) =>
    machine({
      Resource: "arn:aws:states:::batch:submitJob.sync",
      Arguments: {
        JobName: "{% $states.context.Execution.Name & '-' & $states.context.State.Name %}",
        JobDefinition: await definition(),
        JobQueue: "main",
        ContainerOverrides: { Command: command, Environment: [{ Name: "OVER", Value: "execution" }] },
        Tags: { "switchyard:execution": "one" },
      },
    });
  const question = (more: object) =>
    machine({
      Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
      Arguments: { QueueUrl, MessageBody: { token: "{% $states.context.Task.Token %}" } },
      ...more,
    });
  const asked = () =>
    until("a question", async () => {
      const { Messages } = await cloud().client(SQSClient).send(new ReceiveMessageCommand({ QueueUrl }));
      const body = Messages?.[0]?.Body;
      return body !== undefined && (JSON.parse(body) as { token: string }).token;
    });

  it("run a job and wait for its end", async () => {
    const arn = await start(await job(["exit", "0"]));
    const execution = await ended(arn);
    assert.equal(execution.status, "SUCCEEDED");
    const output = JSON.parse(execution.output ?? "") as { Status: string; JobName: string; Tags: object };
    assert.deepEqual(
      [output.Status, output.JobName, output.Tags],
      ["SUCCEEDED", "one-Do", { "switchyard:execution": "one" }],
    );
    const types = (await events(arn)).map(({ type }) => type);
    assert.deepEqual(types, [
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSubmitted",
      "TaskSucceeded",
      "SucceedStateEntered",
      "ExecutionSucceeded",
    ]);
  });

  it("fail by a job that failed, with its exit code in the cause", async () => {
    const arn = await start(await job(["exit", "25"]));
    const execution = await ended(arn);
    assert.deepEqual([execution.status, execution.error], ["FAILED", "States.TaskFailed"]);
    const cause = JSON.parse(execution.cause ?? "") as { Container: { ExitCode: number } };
    assert.equal(cause.Container.ExitCode, 25);
  });

  it("fail by a job that never starts with why, and with what to do: no room for it, or no image", async () => {
    const { jobQueues } = await cloud()
      .client(BatchClient)
      .send(new DescribeJobQueuesCommand({ jobQueues: ["main"] }));
    const { computeEnvironmentOrder = [] } = jobQueues?.[0] ?? {};
    const reason = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE";
    const limit = { reason, state: "RUNNABLE" as const, action: "CANCEL" as const, maxTimeSeconds: 600 };
    await cloud()
      .client(BatchClient)
      .send(
        new CreateJobQueueCommand({
          ...{ jobQueueName: "limited", state: "ENABLED", priority: 1, computeEnvironmentOrder },
          jobStateTimeLimitActions: [limit],
        }),
      );
    const causeOf = async (name: string, containerProperties: object) => {
      const of = await definition({ containerProperties });
      const jobDefinitions = { plan: of, apply: of, deploy: of, preview: of, drift: of };
      const queues = { production: "limited", preview: "limited" };
      const made = new CreateStateMachineCommand({
        ...{ name, roleArn, definition: JSON.stringify(runMachine({ ...places, jobDefinitions, queues })) },
      });
      const { stateMachineArn } = await sfn().send(made);
      const input = { stack: "production", commit: "main", actor: "ada", pullRequest: 0, role: "plan", command: [] };
      const { status, error, cause } = await ended(await start(stateMachineArn, "one", JSON.stringify(input)));
      assert.deepEqual([status, error], ["FAILED", "Failed"]);
      return cause ?? "";
    };
    const said = "The command failed: its job never started (docs/runner.md, A job that never starts): ";
    assert.equal(
      await causeOf("no-room", {
        resourceRequirements: [
          { type: "VCPU", value: "8" },
          { type: "MEMORY", value: "16384" },
        ],
      }),
      `${said}Canceled by JobStateTimeLimit action due to reason: ${reason}`,
    );
    assert.match(
      await causeOf("no-image", { image: "runner@sha256:2" }),
      /never starts\): Task failed to start \(CannotPullContainerError: .*never pushed/,
    );
  });

  it("end their job when they are stopped, once", async () => {
    const of = await job(["wait"]);
    const arn = await start(of);
    const running = await until("its job runs", async () => (await runningJobs())[0]);
    await sfn().send(new StopExecutionCommand({ executionArn: arn, error: "Cancelled", cause: "by ada" }));
    const execution = await describeExecution(arn);
    assert.deepEqual([execution.status, execution.error, execution.cause], ["ABORTED", "Cancelled", "by ada"]);
    const ended = await jobEnded(running);
    assert.equal(ended.statusReason, "The execution that waited for it has ended");
    await sfn().send(new StopExecutionCommand({ executionArn: arn, error: "Again" }));
    assert.equal((await describeExecution(arn)).error, "Cancelled");
  });

  it("are started once by a name", async () => {
    const of = await question({ TimeoutSeconds: 3_600 });
    const arn = await start(of);
    assert.equal(await start(of), arn);
    await assert.rejects(start(of, "one", '{"other":1}'), { name: "ExecutionAlreadyExists" });
    const token = await asked();
    await sfn().send(new SendTaskSuccessCommand({ taskToken: token, output: '{"approvedBy":"ada"}' }));
    assert.deepEqual(JSON.parse((await ended(arn)).output ?? ""), { approvedBy: "ada" });
    await assert.rejects(start(of), { name: "ExecutionAlreadyExists" });
    const { executions } = await sfn().send(new ListExecutionsCommand({ stateMachineArn: of }));
    assert.deepEqual(
      executions?.map(({ name, status }) => [name, status]),
      [["one", "SUCCEEDED"]],
    );
    // A token answers once.
    await assert.rejects(sfn().send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" })), {
      name: "TaskTimedOut",
    });
    await assert.rejects(sfn().send(new SendTaskSuccessCommand({ taskToken: "other", output: "{}" })), {
      name: "InvalidToken",
    });
  });

  it("fail by the error that a token is given back with, or when nobody gives it back in time", async () => {
    const rejected = await start(await question({ TimeoutSeconds: 3_600 }));
    await sfn().send(new SendTaskFailureCommand({ taskToken: await asked(), error: "Rejected", cause: "by ada" }));
    const { error, cause } = await ended(rejected);
    assert.deepEqual([error, cause], ["Rejected", "by ada"]);
    const late = await start(await question({ TimeoutSeconds: 60 }));
    assert.equal((await ended(late)).error, "States.Timeout");
    assert.ok((await events(late)).some(({ type }) => type === "TaskTimedOut"));
    const token = await asked();
    await assert.rejects(sfn().send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" })), {
      name: "TaskTimedOut",
    });
  });

  it("tell EventBridge how they ended", async () => {
    const events = cloud().client(EventBridgeClient);
    const sqs = cloud().client(SQSClient);
    const told = (await sqs.send(new CreateQueueCommand({ QueueName: "told" }))).QueueUrl;
    const EventPattern = JSON.stringify({ source: ["aws.states"], detail: { status: ["FAILED"] } });
    await events.send(new PutRuleCommand({ Name: "ended", EventPattern }));
    const Arn = "arn:aws:sqs:us-east-1:123456789012:told";
    await events.send(new PutTargetsCommand({ Rule: "ended", Targets: [{ Id: "1", Arn }] }));
    const arn = await start(await job(["exit", "3"]));
    const body = await until("a message", async () => {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: told }));
      return Messages?.[0]?.Body;
    });
    const { detail } = JSON.parse(body) as { detail: { executionArn: string; error: string } };
    assert.deepEqual([detail.executionArn, detail.error], [arn, "States.TaskFailed"]);
  });

  it("make a schedule, and fail by the name of what hinders it", async () => {
    const Arguments = {
      Name: "preview-7",
      ScheduleExpression: "at(2030-01-01T00:00:00)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: { Arn: "arn:aws:states:us-east-1:123456789012:stateMachine:run", RoleArn: roleArn, Input: "{}" },
    };
    const of = await machine({ Resource: "arn:aws:states:::aws-sdk:scheduler:createSchedule", Arguments });
    const made = await ended(await start(of));
    assert.equal(made.status, "SUCCEEDED", made.cause);
    assert.match(made.output ?? "", /schedule\/default\/preview-7/);
    assert.equal((await ended(await start(of, "two"))).error, "Scheduler.ConflictException");
  });

  it("are started by a schedule, which is gone when its moment was the only one", async () => {
    const scheduler = cloud().client(SchedulerClient);
    const Arn = await machine({
      Resource: "arn:aws:states:::sqs:sendMessage",
      Arguments: { QueueUrl, MessageBody: "{% $states.input %}" },
    });
    const at = new Date(Date.now() + 120_000).toISOString().slice(0, 19);
    const Target = { Arn, RoleArn: roleArn, Input: '{"token":"of a schedule"}' };
    const schedule = { Name: "once", FlexibleTimeWindow: { Mode: "OFF" as const }, Target };
    const once = { ...schedule, ScheduleExpression: `at(${at})`, ActionAfterCompletion: "DELETE" as const };
    await scheduler.send(new CreateScheduleCommand(once));
    assert.equal(await asked(), "of a schedule");
    await until("the schedule is gone", () =>
      scheduler.send(new GetScheduleCommand({ Name: "once" })).then(
        () => false,
        ({ name }: Error) => name === "ResourceNotFoundException",
      ),
    );
    const often = { ...schedule, Name: "often", ScheduleExpression: "rate(1 minute)" };
    await scheduler.send(new CreateScheduleCommand(often));
    await asked();
    await asked();
    await scheduler.send(new DeleteScheduleCommand({ Name: "often" }));
    const { executions } = await sfn().send(new ListExecutionsCommand({ stateMachineArn: Arn }));
    assert.ok((executions?.length ?? 0) >= 3);
    await assert.rejects(scheduler.send(new UpdateScheduleCommand({ ...often, ScheduleExpression: "daily" })), {
      name: "ValidationException",
    });
  });

  it("fail when no heartbeat comes in time, and take none after that", async () => {
    const arn = await start(await question({ TimeoutSeconds: 3_600, HeartbeatSeconds: 60 }));
    const token = await asked();
    const silent = await ended(arn);
    assert.equal(silent.error, "States.HeartbeatTimeout");
    await assert.rejects(sfn().send(new SendTaskHeartbeatCommand({ taskToken: token })), { name: "TaskTimedOut" });
  });

  it("of no machine, or of no such name, are refused", async () => {
    const none = "arn:aws:states:us-east-1:123456789012:stateMachine:none";
    await assert.rejects(start(none), { name: "StateMachineDoesNotExist" });
    await assert.rejects(describeExecution(none.replace("stateMachine", "execution")), {
      name: "ExecutionDoesNotExist",
    });
  });

  /** Ids of the jobs that run. */
  async function runningJobs(): Promise<readonly (string | undefined)[]> {
    const { jobSummaryList } = await cloud()
      .client(BatchClient)
      .send(new ListJobsCommand({ jobQueue: "main" }));
    return jobSummaryList?.map(({ jobId }) => jobId) ?? [];
  }
});
