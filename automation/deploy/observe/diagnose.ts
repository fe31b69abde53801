import type { Task } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import type { ServiceShape } from "./shape.ts";

const tasksRead = 3;
const linesShown = 5;
const longestLine = 300;

/** Why a service's tasks of one task definition stop: their stop reasons, and the last lines the newest of them logged. */
export async function whyTasksStop(
  aws: Aws,
  cluster: string,
  service: ServiceShape,
  serviceName: string,
  taskDefinitionArn: string,
): Promise<readonly string[]> {
  const { ListTasksCommand, DescribeTasksCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  const listed = await ecs.send(
    new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED", maxResults: 100 }),
  );
  const arns = listed.taskArns ?? [];
  if (arns.length === 0) return [];
  const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns }));
  const stopped = (answer.tasks ?? [])
    .filter((task) => task.taskDefinitionArn === taskDefinitionArn)
    .sort((a, b) => stoppedAt(b) - stoppedAt(a));
  // Tasks that ECS stopped to have fewer of them say nothing of why the others failed.
  const failed = stopped.filter((task) => !task.stoppedReason?.startsWith("Scaling activity"));
  const telling = (failed.length > 0 ? failed : stopped).slice(0, tasksRead);
  const reasons = [...new Set(telling.map(stopReason))];
  for (const task of telling) {
    const lines = await lastLines(aws, service, task);
    if (lines.length > 0) return [...reasons, ...lines.map((line) => `log: ${line}`)];
  }
  return reasons;
}

function stoppedAt(task: Task): number {
  return (task.stoppingAt ?? task.createdAt ?? epoch).getTime();
}

const epoch = new Date(0);

function stopReason(task: Task): string {
  const exits = (task.containers ?? []).flatMap((c) =>
    c.exitCode === undefined ? (c.reason ?? []) : [`${c.name} exited with ${c.exitCode}`],
  );
  return [task.stoppedReason ?? "stopped", ...exits].join(", ");
}

/** The last lines of a task's container, oldest first; none when the log cannot be read. */
export async function lastLines(aws: Aws, service: ServiceShape, task: Task): Promise<readonly string[]> {
  const { GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const logs = await aws.client("logs");
  const id = task.taskArn?.split("/").at(-1);
  try {
    const answer = await logs.send(
      new GetLogEventsCommand({
        logGroupName: service.logGroup,
        logStreamName: `${logStreamPrefix}/${service.containerName}/${id}`,
        limit: linesShown,
        startFromHead: false,
      }),
    );
    return (answer.events ?? []).map((e) => (e.message ?? "").trimEnd().slice(0, longestLine));
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return [];
    throw error;
  }
}

/** As the program's task definitions say it. */
const logStreamPrefix = "ecs";
