import type { Service } from "@aws-sdk/client-ecs";
import type { ecs } from "@pulumi/aws";
import { type Context, type In, type Rows, row } from "../../row.ts";
import { first, must } from "../shared.ts";
import { sameTail, tagging, tagList, tagRecord } from "./tags.ts";

type ServiceInputs = In<ecs.ServiceArgs>;

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
    return aws.created(must(made.service?.serviceArn, "serviceArn"));
  },
  ready: async (id, aws, { cluster, waitForSteadyState }) => waitForSteadyState && steady(id, cluster, aws),
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
  ...tagging,
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

export const serviceRows: Rows = { "aws:ecs/service:Service": service };
