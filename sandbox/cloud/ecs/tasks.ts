/** RunTask, StopTask, DescribeTasks, ListTasks. */
import {
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { awsError, type CloudContext } from "../handlers.ts";
import { checkNetwork } from "./services.ts";
import { page, type Store } from "./store.ts";
import { RunningTask } from "./task.ts";

/** RunTask's own limit. */
const maximumCount = 10;

export function installTasks(cloud: CloudContext, store: Store): void {
  cloud.handle(RunTaskCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const count = input.count ?? 1;
    if (count < 1 || count > maximumCount) {
      throw awsError("InvalidParameterException", `Count must be between 1 and ${maximumCount}.`);
    }
    const definition = await store.definition(call, input.taskDefinition);
    checkNetwork(definition, input.networkConfiguration);
    for (const { name } of input.overrides?.containerOverrides ?? []) {
      if (!definition.containerDefinitions?.some((container) => container.name === name)) {
        throw awsError(
          "InvalidParameterException",
          `Override for container named ${name} is not a container in the TaskDefinition.`,
        );
      }
    }
    const tasks = Array.from({ length: count }, () => {
      const task = new RunningTask(cloud, {
        clusterArn,
        definition,
        portsOfMachine: store.balancing.ports,
        overrides: input.overrides,
        description: {
          group: input.group ?? `family:${definition.family}`,
          startedBy: input.startedBy,
          launchType: input.launchType ?? "FARGATE",
          platformVersion: "1.4.0",
          tags: input.tags ?? [],
          enableExecuteCommand: input.enableExecuteCommand ?? false,
        },
        changed: () => {},
      });
      store.addTask(task);
      void task.start();
      return task;
    });
    return { tasks: tasks.map((task) => structuredClone(task.description)), failures: [] };
  });

  cloud.handle(StopTaskCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const task = store.findTask(clusterArn, input.task);
    if (task === undefined) throw awsError("InvalidParameterException", "The referenced task was not found.");
    void task.stop(input.reason ?? "Task stopped by user", "UserInitiated");
    return { task: structuredClone(task.description) };
  });

  cloud.handle(DescribeTasksCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const found = (input.tasks ?? []).map((name) => ({ name, task: store.findTask(clusterArn, name) }));
    return {
      tasks: found.flatMap(({ task }) => (task === undefined ? [] : [structuredClone(task.description)])),
      failures: found.flatMap(({ name, task }) => (task === undefined ? [{ arn: name, reason: "MISSING" }] : [])),
    };
  });

  cloud.handle(ListTasksCommand, async (input, call) => {
    const { clusterArn } = await store.cluster(call, input.cluster);
    const service = input.serviceName?.split("/").at(-1);
    const wanted = (task: Task) =>
      task.clusterArn === clusterArn &&
      task.desiredStatus === (input.desiredStatus ?? "RUNNING") &&
      (service === undefined || task.group === `service:${service}`) &&
      (input.family === undefined || task.taskDefinitionArn?.includes(`:task-definition/${input.family}:`)) &&
      (input.startedBy === undefined || task.startedBy === input.startedBy) &&
      (input.launchType === undefined || task.launchType === input.launchType);
    const arns = [...store.tasks.values()].filter((task) => wanted(task.description)).map((task) => task.arn);
    const { items, nextToken } = page(arns, input.maxResults, input.nextToken);
    return { taskArns: items, nextToken };
  });
}
