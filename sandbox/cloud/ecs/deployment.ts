/** Deployments of a service and its settings: what is kept, and how the ECS API shows it. */
import { randomInt } from "node:crypto";
import type { CreateServiceRequest, Deployment, Service, Tag, TaskDefinition } from "@aws-sdk/client-ecs";
import type { ServiceEvents } from "./events.ts";
import type { RunningTask } from "./task.ts";

export interface DeploymentRecord {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly createdAt: Date;
  updatedAt: Date;
  rollout: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  reason: string;
  failedTasks: number;
  proven: boolean;
  retryAt: number;
}

export function newDeployment(definition: TaskDefinition, now: Date): DeploymentRecord {
  const id = `ecs-svc/${Array.from({ length: 19 }, () => randomInt(1, 10)).join("")}`;
  return {
    id,
    definition,
    createdAt: now,
    updatedAt: now,
    rollout: "IN_PROGRESS",
    reason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    proven: false,
    retryAt: 0,
  };
}

/** What UpdateService can change without a new deployment, or with one. */
export type Settings = Pick<
  Service,
  | "deploymentConfiguration"
  | "healthCheckGracePeriodSeconds"
  | "enableExecuteCommand"
  | "networkConfiguration"
  | "loadBalancers"
  | "serviceRegistries"
  | "capacityProviderStrategy"
  | "platformVersion"
  | "placementConstraints"
  | "placementStrategy"
  | "enableECSManagedTags"
  | "propagateTags"
  | "availabilityZoneRebalancing"
>;

export function settingsOf(input: CreateServiceRequest): Settings {
  return {
    deploymentConfiguration: deploymentConfiguration(input.deploymentConfiguration),
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? (input.loadBalancers?.length ? 0 : undefined),
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    networkConfiguration: input.networkConfiguration,
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: input.serviceRegistries ?? [],
    capacityProviderStrategy: input.capacityProviderStrategy,
    platformVersion: input.platformVersion ?? "LATEST",
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: input.placementStrategy ?? [],
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: input.propagateTags ?? "NONE",
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? "DISABLED",
  };
}

export function deploymentConfiguration(
  given: Service["deploymentConfiguration"],
  before: Service["deploymentConfiguration"] = {
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: false, rollback: false },
    strategy: "ROLLING",
  },
): Service["deploymentConfiguration"] {
  const defined = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...before, ...Object.fromEntries(defined) };
}

/** Tasks by what services count: RUNNING, and on the way there. */
function counts(tasks: readonly RunningTask[]): { readonly runningCount: number; readonly pendingCount: number } {
  return {
    runningCount: tasks.filter((task) => task.status === "RUNNING").length,
    pendingCount: tasks.filter((task) => task.status === "PENDING" || task.status === "PROVISIONING").length,
  };
}

/** What the ECS API shows of a service. */
export interface ShownService {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  readonly input: CreateServiceRequest;
  readonly createdAt: Date;
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  readonly desired: number;
  readonly settings: Settings;
  readonly tags: Tag[];
  readonly definition: TaskDefinition | undefined;
  /** The primary one first. */
  readonly deployments: readonly DeploymentRecord[];
  readonly tasks: readonly RunningTask[];
  readonly events: ServiceEvents;
}

export function describeService(service: ShownService): Service {
  const { input, settings, tasks, deployments } = service;
  const launchType = settings.capacityProviderStrategy?.length ? undefined : (input.launchType ?? "FARGATE");
  return {
    ...settings,
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    status: service.status,
    desiredCount: service.desired,
    ...counts(tasks),
    launchType,
    platformFamily: "Linux",
    taskDefinition: service.definition?.taskDefinitionArn,
    deployments: deployments.map((deployment) => describeDeployment(deployment, service, launchType)),
    events: service.events.list,
    createdAt: service.createdAt,
    schedulingStrategy: "REPLICA",
    deploymentController: { type: "ECS" },
    roleArn: input.role,
    tags: service.tags,
  };
}

function describeDeployment(
  deployment: DeploymentRecord,
  service: ShownService,
  launchType: Deployment["launchType"],
): Deployment {
  const primary = deployment === service.deployments[0];
  return {
    id: deployment.id,
    status: primary ? "PRIMARY" : "ACTIVE",
    taskDefinition: deployment.definition.taskDefinitionArn,
    desiredCount: primary ? service.desired : 0,
    ...counts(service.tasks.filter((task) => task.description.startedBy === deployment.id)),
    failedTasks: deployment.failedTasks,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    launchType,
    platformVersion: "1.4.0",
    platformFamily: "Linux",
    networkConfiguration: service.settings.networkConfiguration,
    rolloutState: deployment.rollout,
    rolloutStateReason: deployment.reason,
  };
}
