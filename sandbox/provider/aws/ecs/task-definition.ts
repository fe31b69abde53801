import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { ecs } from "@pulumi/aws";
import { type Rows, row } from "../../row.ts";
import { type Bag, same } from "../../values.ts";
import { must } from "../shared.ts";
import { tagging, tagList, tagRecord } from "./tags.ts";

/** Container definitions by meaning: order of environment and secrets, and what ECS fills in, do not matter. */
function sameContainers(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  try {
    return same(meaning(String(left)), meaning(String(right)), { ordered: true });
  } catch {
    return false;
  }
}

function meaning(text: string): Bag[] {
  const byName = (a: { name?: string }, b: { name?: string }) => (String(a.name) < String(b.name) ? -1 : 1);
  return (JSON.parse(text) as ContainerDefinition[]).map((container) => ({
    essential: true,
    ...container,
    cpu: container.cpu ?? 0,
    environment: [...(container.environment ?? [])].sort(byName),
    secrets: [...(container.secrets ?? [])].sort(byName),
    portMappings: (container.portMappings ?? []).map((port) => ({
      ...port,
      hostPort: port.hostPort ?? port.containerPort,
      protocol: port.protocol ?? "tcp",
    })),
  }));
}

const taskDefinition = row<ecs.TaskDefinitionArgs, ecs.TaskDefinition>({
  update: ["skipDestroy"],
  replace: [
    "family",
    "containerDefinitions",
    "cpu",
    "memory",
    "executionRoleArn",
    "taskRoleArn",
    "networkMode",
    "requiresCompatibilities",
    "runtimePlatform",
    "volumes",
    "ephemeralStorage",
    "enableFaultInjection",
  ],
  required: ["family", "containerDefinitions"],
  defaults: { skipDestroy: false, trackLatest: false } as never,
  computed: ["arn", "arnWithoutRevision", "revision", "networkMode", "enableFaultInjection"],
  equal: { containerDefinitions: sameContainers },
  create: async (inputs, { ecs, tags }) => {
    const made = await ecs.registerTaskDefinition({
      family: inputs.family,
      containerDefinitions: JSON.parse(inputs.containerDefinitions) as ContainerDefinition[],
      cpu: inputs.cpu,
      memory: inputs.memory,
      executionRoleArn: inputs.executionRoleArn,
      taskRoleArn: inputs.taskRoleArn,
      networkMode: inputs.networkMode as "awsvpc" | undefined,
      requiresCompatibilities: inputs.requiresCompatibilities as "FARGATE"[] | undefined,
      runtimePlatform: inputs.runtimePlatform as object | undefined,
      volumes: inputs.volumes as object[] | undefined,
      ephemeralStorage: inputs.ephemeralStorage as { sizeInGiB: number } | undefined,
      ...(Object.keys(tags).length > 0 && { tags: tagList(tags) }),
    });
    return { id: inputs.family, state: { arn: must(made.taskDefinition?.taskDefinitionArn, "taskDefinitionArn") } };
  },
  read: async (id, { ecs }, state) => {
    const answer = await ecs.describeTaskDefinition({ taskDefinition: state.arn ?? id, include: ["TAGS"] });
    const found = answer.taskDefinition;
    if (!found || found.status === "INACTIVE") return undefined;
    return {
      arn: found.taskDefinitionArn,
      arnWithoutRevision: found.taskDefinitionArn?.replace(/:\d+$/, ""),
      revision: found.revision,
      family: found.family,
      containerDefinitions: JSON.stringify(found.containerDefinitions ?? []),
      cpu: found.cpu,
      memory: found.memory,
      executionRoleArn: found.executionRoleArn,
      taskRoleArn: found.taskRoleArn,
      networkMode: found.networkMode,
      requiresCompatibilities: found.requiresCompatibilities ?? [],
      ...(found.runtimePlatform && { runtimePlatform: found.runtimePlatform as never }),
      ...(found.volumes?.length && { volumes: found.volumes as never }),
      enableFaultInjection: found.enableFaultInjection ?? false,
      tagsAll: tagRecord(answer.tags),
    };
  },
  ...tagging,
  delete: async (_id, { ecs }, { arn, skipDestroy }) => {
    if (!skipDestroy) await ecs.deregisterTaskDefinition({ taskDefinition: arn });
  },
});

export const taskDefinitionRows: Rows = { "aws:ecs/taskDefinition:TaskDefinition": taskDefinition };
