/** Task definitions are moto's; this adds what it drops and refuses what it lets through. */
import {
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { awsError, type CloudContext } from "../handlers.ts";
import { sortedByRevision } from "./revisions.ts";
import { fargateSizeError } from "./sizes.ts";
import { page, type Store } from "./store.ts";

export function installDefinitions(cloud: CloudContext, store: Store): void {
  const registeredAt = new Map<string, Date>();
  const dated = (definition: TaskDefinition | undefined): TaskDefinition | undefined =>
    definition && { ...definition, registeredAt: registeredAt.get(definition.taskDefinitionArn ?? "") };
  cloud.onReset(() => registeredAt.clear());

  cloud.handle(RegisterTaskDefinitionCommand, async (input, call) => {
    if (input.requiresCompatibilities?.includes("FARGATE")) {
      const refused = fargateSizeError(input.cpu, input.memory);
      if (refused !== undefined) throw awsError("ClientException", refused);
    }
    const answer = await call.toMoto();
    registeredAt.set(answer.taskDefinition?.taskDefinitionArn ?? "", new Date(cloud.clock.now()));
    return { ...answer, taskDefinition: dated(answer.taskDefinition) };
  });

  cloud.handle(DescribeTaskDefinitionCommand, async (input, call) => {
    const taskDefinition = await store.latestRevision(call, input.taskDefinition);
    const answer = await call.toMoto({ ...input, taskDefinition });
    return { ...answer, taskDefinition: dated(answer.taskDefinition) };
  });

  cloud.handle(ListTaskDefinitionsCommand, async (input, call) => {
    const { familyPrefix, status } = input;
    const { taskDefinitionArns } = await call.toMoto({ familyPrefix, status });
    const arns = sortedByRevision(taskDefinitionArns ?? []);
    if (input.sort === "DESC") arns.reverse();
    const { items, nextToken } = page(arns, input.maxResults, input.nextToken);
    return { taskDefinitionArns: items, nextToken };
  });
}
