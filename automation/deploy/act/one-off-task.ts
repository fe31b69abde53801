import type { NetworkConfiguration, Task } from "@aws-sdk/client-ecs";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import { type Clock, jittered } from "../../clock.ts";

export interface OneOff {
  readonly cluster: string;
  readonly taskDefinitionArn: string;
  readonly containerName: string;
  readonly command: readonly string[];
  readonly network: NetworkConfiguration;
  readonly logGroup: string;
  readonly pollMs: number;
  readonly onLine: (line: string) => void;
  /** Stops the task when it aborts. */
  readonly wake: AbortSignal;
}

/** Runs one task to its end, its log lines handed on as they come. Answers the container's exit code. */
export async function runOneOff(aws: Aws, clock: Clock, task: OneOff): Promise<number> {
  const { RunTaskCommand, StopTaskCommand, DescribeTasksCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  const { cluster } = task;
  const answer = await ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: task.taskDefinitionArn,
      launchType: "FARGATE",
      networkConfiguration: task.network,
      startedBy: "switchyard run",
      overrides: { containerOverrides: [{ name: task.containerName, command: [...task.command] }] },
    }),
  );
  const arn = answer.tasks?.[0]?.taskArn;
  if (arn === undefined) throw notStarted(answer.failures?.[0]?.reason ?? "ECS gave no reason");
  const logs = new LogTail(aws, task.logGroup, `ecs/${task.containerName}/${arn.split("/").at(-1)}`, task.onLine);
  let stopping = false;
  for (;;) {
    if (task.wake.aborted && !stopping) {
      stopping = true;
      await ecs.send(new StopTaskCommand({ cluster, task: arn, reason: "switchyard run was interrupted" }));
    }
    const described = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
    await logs.read();
    const now = described.tasks?.[0];
    if (now?.lastStatus === "STOPPED") return exitCode(now, task.containerName);
    await clock.sleep(jittered(task.pollMs), stopping ? undefined : task.wake);
  }
}

function exitCode(task: Task, containerName: string): number {
  const code = task.containers?.find((c) => c.name === containerName)?.exitCode;
  if (code !== undefined) return code;
  throw notStarted(task.stoppedReason ?? "ECS gave no reason");
}

function notStarted(reason: string): SwitchyardError {
  return new SwitchyardError("task-failed", {
    what: `the task did not run: ${reason}`,
    where: "ECS",
    fix: "check the image, the task's subnets and its roles",
  });
}

/** Reads a log stream forward, each event once. */
class LogTail {
  readonly #aws: Aws;
  readonly #group: string;
  readonly #stream: string;
  readonly #onLine: (line: string) => void;
  #token: string | undefined;

  constructor(aws: Aws, group: string, stream: string, onLine: (line: string) => void) {
    this.#aws = aws;
    this.#group = group;
    this.#stream = stream;
    this.#onLine = onLine;
  }

  async read(): Promise<void> {
    const { GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
    const logs = await this.#aws.client("logs");
    try {
      for (;;) {
        const answer = await logs.send(
          new GetLogEventsCommand({
            logGroupName: this.#group,
            logStreamName: this.#stream,
            startFromHead: true,
            ...(this.#token !== undefined && { nextToken: this.#token }),
          }),
        );
        for (const event of answer.events ?? []) this.#onLine((event.message ?? "").trimEnd());
        if (answer.nextForwardToken === this.#token || answer.nextForwardToken === undefined) return;
        this.#token = answer.nextForwardToken;
      }
    } catch (error) {
      // The stream appears with the first line.
      if ((error as Error).name !== "ResourceNotFoundException") throw error;
    }
  }
}
