import type { ContainerDefinition, Service } from "@aws-sdk/client-ecs";
import type { ecs } from "@pulumi/aws";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { type Bag, same } from "../values.ts";
import { first, must } from "./shared.ts";

interface EcsTag {
  key?: string | undefined;
  value?: string | undefined;
}
const tagList = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }));
const tagRecord = (list: readonly EcsTag[] | undefined): Tags =>
  Object.fromEntries(
    (list ?? []).filter(({ key }) => !key?.startsWith("aws:")).map(({ key, value }) => [key ?? "", value ?? ""]),
  );

async function tag(arn: string, tags: Tags, removed: string[], { ecs }: Context): Promise<void> {
  if (removed.length > 0) await ecs.untagResource({ resourceArn: arn, tagKeys: removed });
  if (Object.keys(tags).length > 0) await ecs.tagResource({ resourceArn: arn, tags: tagList(tags) });
}

/** A name and an ARN that ends in it are the same cluster, task definition or role. */
const sameTail = (left: unknown, right: unknown) => String(left).split("/").at(-1) === String(right).split("/").at(-1);

const cluster = row<ecs.ClusterArgs, ecs.Cluster>({
  update: ["settings", "configuration"],
  replace: ["name"],
  autoName: { key: "name", max: 255 },
  computed: ["arn", "settings"],
  create: async ({ name, settings, configuration }, { ecs, tags }) => {
    const made = await ecs.createCluster({
      clusterName: name,
      settings: settings as { name: "containerInsights"; value: string }[] | undefined,
      configuration: configuration as object | undefined,
      tags: tagList(tags),
    });
    return must(made.cluster?.clusterArn, "clusterArn");
  },
  read: async (id, { ecs }) => {
    const answer = await ecs.describeClusters({ clusters: [id], include: ["TAGS", "SETTINGS", "CONFIGURATIONS"] });
    const found = first(answer.clusters);
    if (!found || found.status === "INACTIVE") return undefined;
    return {
      arn: found.clusterArn,
      name: found.clusterName,
      settings: (found.settings ?? []) as never,
      ...(found.configuration && { configuration: found.configuration as never }),
      tagsAll: tagRecord(found.tags),
    };
  },
  write: async (id, { settings, configuration }, { ecs }) => {
    await ecs.updateCluster({
      cluster: id,
      settings: settings as { name: "containerInsights"; value: string }[] | undefined,
      configuration: configuration as object | undefined,
    });
  },
  tag,
  delete: (id, { ecs }) => ecs.deleteCluster({ cluster: id }),
});

const strategies = (list: unknown) =>
  ((list ?? []) as { capacityProvider: string; weight?: number; base?: number }[]).map((one) => ({
    weight: 0,
    base: 0,
    ...one,
  }));

const clusterCapacityProviders = row<ecs.ClusterCapacityProvidersArgs, ecs.ClusterCapacityProviders>({
  update: ["capacityProviders", "defaultCapacityProviderStrategies"],
  replace: ["clusterName"],
  computed: [],
  create: async ({ clusterName, capacityProviders, defaultCapacityProviderStrategies }, { ecs }) => {
    await ecs.putClusterCapacityProviders({
      cluster: clusterName,
      capacityProviders: capacityProviders ?? [],
      defaultCapacityProviderStrategy: strategies(defaultCapacityProviderStrategies),
    });
    return clusterName;
  },
  read: async (id, { ecs }) => {
    const found = first((await ecs.describeClusters({ clusters: [id] })).clusters);
    if (!found || found.status === "INACTIVE") return undefined;
    return {
      clusterName: found.clusterName,
      capacityProviders: found.capacityProviders ?? [],
      defaultCapacityProviderStrategies: strategies(found.defaultCapacityProviderStrategy) as never,
    };
  },
  write: async (id, { capacityProviders, defaultCapacityProviderStrategies }, { ecs }) => {
    await ecs.putClusterCapacityProviders({
      cluster: id,
      capacityProviders: capacityProviders ?? [],
      defaultCapacityProviderStrategy: strategies(defaultCapacityProviderStrategies),
    });
  },
  delete: (id, { ecs }) =>
    ecs.putClusterCapacityProviders({ cluster: id, capacityProviders: [], defaultCapacityProviderStrategy: [] }),
});

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
  tag: (_id, tags, removed, aws, { arn }) => tag(arn ?? "", tags, removed, aws),
  delete: async (_id, { ecs }, { arn, skipDestroy }) => {
    if (!skipDestroy) await ecs.deregisterTaskDefinition({ taskDefinition: arn });
  },
});

type ServiceInputs = Parameters<NonNullable<Parameters<typeof row<ecs.ServiceArgs, ecs.Service>>[0]["create"]>>[0];

function network(inputs: ServiceInputs) {
  const given = inputs.networkConfiguration;
  return (
    given && {
      awsvpcConfiguration: {
        subnets: given.subnets,
        securityGroups: given.securityGroups,
        assignPublicIp: given.assignPublicIp ? ("ENABLED" as const) : ("DISABLED" as const),
      },
    }
  );
}

const deploymentConfiguration = (inputs: ServiceInputs) => ({
  maximumPercent: inputs.deploymentMaximumPercent,
  minimumHealthyPercent: inputs.deploymentMinimumHealthyPercent,
  ...(inputs.deploymentCircuitBreaker && { deploymentCircuitBreaker: inputs.deploymentCircuitBreaker }),
  ...(inputs.alarms && { alarms: inputs.alarms }),
});

/** Target groups: the provider's `elbName` aside, AWS's names. */
const loadBalancers = (inputs: ServiceInputs) =>
  inputs.loadBalancers?.map(({ targetGroupArn, containerName, containerPort }) => ({
    targetGroupArn,
    containerName,
    containerPort,
  }));

const describe = async (id: string, cluster: string | undefined, { ecs }: Context): Promise<Service | undefined> => {
  const answer = await ecs.describeServices({
    cluster: cluster ?? id.split("/").at(-2),
    services: [id],
    include: ["TAGS"],
  });
  return first(answer.services);
};

async function steady(id: string, cluster: string | undefined, aws: Context): Promise<void> {
  await aws.until(`service ${id} to be steady`, async () => {
    const service = await describe(id, cluster, aws);
    return (service?.deployments?.length === 1 && service.runningCount === service.desiredCount) || undefined;
  });
}

const service = row<ecs.ServiceArgs, ecs.Service>({
  update: [
    "taskDefinition",
    "desiredCount",
    "networkConfiguration",
    "loadBalancers",
    "healthCheckGracePeriodSeconds",
    "deploymentCircuitBreaker",
    "deploymentMaximumPercent",
    "deploymentMinimumHealthyPercent",
    "enableEcsManagedTags",
    "enableExecuteCommand",
    "propagateTags",
    "platformVersion",
    "capacityProviderStrategies",
    "availabilityZoneRebalancing",
    "alarms",
    "waitForSteadyState",
    "forceNewDeployment",
    "forceDelete",
  ],
  replace: ["name", "cluster", "launchType", "schedulingStrategy", "deploymentController"],
  autoName: { key: "name", max: 255 },
  defaults: {
    deploymentMaximumPercent: 200,
    deploymentMinimumHealthyPercent: 100,
    enableEcsManagedTags: false,
    enableExecuteCommand: false,
    schedulingStrategy: "REPLICA",
    waitForSteadyState: false,
  },
  computed: ["arn", "cluster", "iamRole", "launchType", "platformVersion", "availabilityZoneRebalancing", "triggers"],
  equal: { cluster: sameTail, taskDefinition: sameTail },
  create: async (inputs, aws) => {
    const made = await aws.ecs.createService({
      serviceName: inputs.name,
      cluster: inputs.cluster,
      taskDefinition: inputs.taskDefinition,
      desiredCount: inputs.desiredCount ?? 0,
      launchType: inputs.launchType as "FARGATE" | undefined,
      capacityProviderStrategy: inputs.capacityProviderStrategies,
      platformVersion: inputs.platformVersion,
      networkConfiguration: network(inputs),
      loadBalancers: loadBalancers(inputs),
      healthCheckGracePeriodSeconds: inputs.healthCheckGracePeriodSeconds,
      deploymentConfiguration: deploymentConfiguration(inputs),
      deploymentController: inputs.deploymentController as { type: "ECS" } | undefined,
      schedulingStrategy: inputs.schedulingStrategy as "REPLICA",
      enableECSManagedTags: inputs.enableEcsManagedTags,
      enableExecuteCommand: inputs.enableExecuteCommand,
      propagateTags: inputs.propagateTags as "SERVICE" | undefined,
      availabilityZoneRebalancing: inputs.availabilityZoneRebalancing as "ENABLED" | undefined,
      ...(Object.keys(aws.tags).length > 0 && { tags: tagList(aws.tags) }),
    });
    const id = aws.created(must(made.service?.serviceArn, "serviceArn"));
    if (inputs.waitForSteadyState) await steady(id, inputs.cluster, aws);
    return id;
  },
  read: async (id, aws, state) => {
    const found = await describe(id, state.cluster, aws);
    return found && found.status !== "INACTIVE" ? serviceState(found) : undefined;
  },
  write: async (id, inputs, aws, { changed }) => {
    const given = <K extends keyof ecs.ServiceArgs, V extends object>(key: K, value: V) => (changed(key) ? value : {});
    const deployment = changed(
      "deploymentCircuitBreaker",
      "deploymentMaximumPercent",
      "deploymentMinimumHealthyPercent",
      "alarms",
    );
    await aws.ecs.updateService({
      service: id,
      cluster: inputs.cluster,
      ...given("taskDefinition", { taskDefinition: inputs.taskDefinition }),
      ...given("desiredCount", { desiredCount: inputs.desiredCount ?? 0 }),
      ...given("capacityProviderStrategies", { capacityProviderStrategy: inputs.capacityProviderStrategies ?? [] }),
      ...given("platformVersion", { platformVersion: inputs.platformVersion }),
      ...given("networkConfiguration", { networkConfiguration: network(inputs) }),
      ...given("loadBalancers", { loadBalancers: loadBalancers(inputs) ?? [] }),
      ...given("healthCheckGracePeriodSeconds", {
        healthCheckGracePeriodSeconds: inputs.healthCheckGracePeriodSeconds ?? 0,
      }),
      ...(deployment && { deploymentConfiguration: deploymentConfiguration(inputs) }),
      ...given("enableEcsManagedTags", { enableECSManagedTags: inputs.enableEcsManagedTags }),
      ...given("enableExecuteCommand", { enableExecuteCommand: inputs.enableExecuteCommand }),
      ...given("propagateTags", { propagateTags: (inputs.propagateTags ?? "NONE") as "SERVICE" }),
      ...given("availabilityZoneRebalancing", {
        availabilityZoneRebalancing: inputs.availabilityZoneRebalancing as "ENABLED",
      }),
      ...(inputs.forceNewDeployment && { forceNewDeployment: true }),
    });
    if (inputs.waitForSteadyState) await steady(id, inputs.cluster, aws);
  },
  tag,
  delete: async (id, aws, { cluster, schedulingStrategy, forceDelete }) => {
    const there = await describe(id, cluster, aws);
    if (!there || there.status === "INACTIVE") return;
    if (schedulingStrategy !== "DAEMON" && there.desiredCount) {
      await aws.ecs.updateService({ cluster, service: id, desiredCount: 0 });
    }
    await aws.ecs.deleteService({ cluster, service: id, force: forceDelete });
    await aws.until(`service ${id} to drain`, async () => {
      const now = await describe(id, cluster, aws);
      return now === undefined || now.status === "INACTIVE" || undefined;
    });
  },
});

function serviceState(found: Service) {
  const vpc = found.networkConfiguration?.awsvpcConfiguration;
  const { deploymentConfiguration: deployment } = found;
  return {
    arn: found.serviceArn,
    name: found.serviceName,
    cluster: found.clusterArn,
    taskDefinition: found.taskDefinition,
    desiredCount: found.desiredCount,
    launchType: found.launchType,
    schedulingStrategy: found.schedulingStrategy,
    ...(found.platformVersion && { platformVersion: found.platformVersion }),
    ...(vpc && {
      networkConfiguration: {
        subnets: vpc.subnets ?? [],
        securityGroups: vpc.securityGroups ?? [],
        assignPublicIp: vpc.assignPublicIp === "ENABLED",
      },
    }),
    loadBalancers: (found.loadBalancers ?? []) as never,
    ...(found.healthCheckGracePeriodSeconds !== undefined && {
      healthCheckGracePeriodSeconds: found.healthCheckGracePeriodSeconds,
    }),
    ...(deployment?.maximumPercent !== undefined && { deploymentMaximumPercent: deployment.maximumPercent }),
    ...(deployment?.minimumHealthyPercent !== undefined && {
      deploymentMinimumHealthyPercent: deployment.minimumHealthyPercent,
    }),
    ...(deployment?.deploymentCircuitBreaker && {
      deploymentCircuitBreaker: deployment.deploymentCircuitBreaker as never,
    }),
    ...(found.enableECSManagedTags !== undefined && { enableEcsManagedTags: found.enableECSManagedTags }),
    ...(found.enableExecuteCommand !== undefined && { enableExecuteCommand: found.enableExecuteCommand }),
    ...(found.propagateTags && found.propagateTags !== "NONE" && { propagateTags: found.propagateTags }),
    ...(found.availabilityZoneRebalancing && { availabilityZoneRebalancing: found.availabilityZoneRebalancing }),
    ...(found.capacityProviderStrategy?.length && {
      capacityProviderStrategies: found.capacityProviderStrategy as never,
    }),
    iamRole: found.roleArn ?? "",
    tagsAll: tagRecord(found.tags),
  };
}

export const ecsRows: Rows = {
  "aws:ecs/cluster:Cluster": cluster,
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": clusterCapacityProviders,
  "aws:ecs/taskDefinition:TaskDefinition": taskDefinition,
  "aws:ecs/service:Service": service,
};
