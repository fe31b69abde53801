/** CreateService, UpdateService, DeleteService, DescribeServices, ListServices. */
import {
  CreateServiceCommand,
  type CreateServiceRequest,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  type LoadBalancer,
  type TaskDefinition,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { awsError, type CloudContext } from "../handlers.ts";
import { deploymentConfiguration } from "./deployment.ts";
import { RunningService } from "./service.ts";
import { page, type Store } from "./store.ts";

export function installServices(cloud: CloudContext, store: Store): void {
  cloud.handle(CreateServiceCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    checkSupported(input);
    const existing = store.findService(clusterArn, input.serviceName);
    if (existing?.status === "ACTIVE") {
      if (input.clientToken !== undefined && input.clientToken === existing.input.clientToken) {
        return { service: existing.describe() };
      }
      throw awsError("InvalidParameterException", "Creation of service was not idempotent.");
    }
    if (existing?.status === "DRAINING") {
      throw awsError("InvalidParameterException", "Unable to Start a service that is still Draining.");
    }
    const definition = await store.definition(call, input.taskDefinition);
    checkNetwork(definition, input.networkConfiguration);
    for (const balancer of input.loadBalancers ?? []) checkBalancer(store, balancer, definition);
    if (input.healthCheckGracePeriodSeconds !== undefined && !input.loadBalancers?.length) {
      throw awsError(
        "InvalidParameterException",
        "Health check grace period is only valid for services configured to use load balancers",
      );
    }
    // moto's own copy, no more than a name: its Application Auto Scaling refuses targets it does not know.
    await call.toMoto({
      cluster: clusterArn,
      serviceName: input.serviceName,
      taskDefinition: input.taskDefinition,
      desiredCount: 0,
    });
    const service = new RunningService(store, clusterArn, input, definition);
    store.services.set(service.arn, service);
    return { service: service.describe() };
  });

  cloud.handle(UpdateServiceCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const service = store.service(clusterArn, input.service);
    if (service.status !== "ACTIVE") throw awsError("ServiceNotActiveException", "Service was not ACTIVE.");
    checkPercents(input.deploymentConfiguration);
    const { cluster, service: _name, taskDefinition, desiredCount, forceNewDeployment, ...changes } = input;
    checkCount(desiredCount);
    const definition = taskDefinition === undefined ? service.definition : await store.definition(call, taskDefinition);
    if (definition === undefined) throw awsError("ClientException", "TaskDefinition not found.");
    for (const balancer of changes.loadBalancers ?? []) checkBalancer(store, balancer, definition);
    const before = service.settings;
    const defined = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    service.settings = {
      ...before,
      ...defined,
      deploymentConfiguration: deploymentConfiguration(changes.deploymentConfiguration, before.deploymentConfiguration),
    };
    const redeploys =
      forceNewDeployment ||
      definition.taskDefinitionArn !== service.definition?.taskDefinitionArn ||
      differs(changes.networkConfiguration, before.networkConfiguration) ||
      differs(changes.platformVersion, before.platformVersion) ||
      differs(changes.loadBalancers, before.loadBalancers);
    if (desiredCount !== undefined) service.scale(desiredCount);
    if (redeploys) service.deploy(definition);
    service.changed();
    return { service: service.describe() };
  });

  cloud.handle(DeleteServiceCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const service = store.service(clusterArn, input.service);
    if (service.status === "INACTIVE") throw awsError("ServiceNotFoundException", "Service not found.");
    if (service.desired > 0 && !input.force) {
      throw awsError(
        "InvalidParameterException",
        "The service cannot be stopped while the primary deployment is scaled above 0.",
      );
    }
    await call.toMoto({ cluster: clusterArn, service: service.name, force: true });
    service.delete();
    return { service: service.describe() };
  });

  cloud.handle(DescribeServicesCommand, async (input, call) => {
    const { clusterArn = "" } = await store.cluster(call, input.cluster);
    const found = (input.services ?? []).map((name) => ({ name, service: store.findService(clusterArn, name) }));
    const withTags = input.include?.includes("TAGS");
    return {
      services: found.flatMap(({ service }) => {
        if (service === undefined) return [];
        const { tags, ...described } = service.describe();
        return [withTags ? { ...described, tags } : described];
      }),
      failures: found.flatMap(({ name, service }) =>
        service === undefined ? [{ arn: missingArn(clusterArn, name), reason: "MISSING" }] : [],
      ),
    };
  });

  cloud.handle(ListServicesCommand, async (input, call) => {
    const { clusterArn } = await store.cluster(call, input.cluster);
    const arns = [...store.services.values()]
      .filter((service) => service.clusterArn === clusterArn && service.status !== "INACTIVE")
      .map((service) => service.arn);
    const { items, nextToken } = page(arns, input.maxResults ?? 10, input.nextToken);
    return { serviceArns: items, nextToken };
  });
}

function missingArn(clusterArn: string, name: string): string {
  return name.startsWith("arn:") ? name : `${clusterArn.replace(":cluster/", ":service/")}/${name}`;
}

/** Compares members, not their order; an absent one changes nothing. */
function differs(given: unknown, before: unknown): boolean {
  return given !== undefined && canonical(given) !== canonical(before);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function checkSupported(input: CreateServiceRequest): void {
  if (!/^[\w-]{1,255}$/.test(input.serviceName ?? "")) {
    throw awsError("InvalidParameterException", `Invalid service name '${input.serviceName}'.`);
  }
  checkCount(input.desiredCount);
  checkPercents(input.deploymentConfiguration);
  const lacking =
    (input.deploymentController?.type ?? "ECS") !== "ECS"
      ? `the deployment controller ${input.deploymentController?.type}`
      : input.schedulingStrategy === "DAEMON"
        ? "the scheduling strategy DAEMON"
        : input.serviceConnectConfiguration?.enabled
          ? "Service Connect"
          : undefined;
  if (lacking !== undefined) throw awsError("UnsupportedFeatureException", `The sandbox lacks ${lacking}.`);
}

function checkCount(desiredCount: number | undefined): void {
  if (desiredCount !== undefined && !(Number.isInteger(desiredCount) && desiredCount >= 0)) {
    throw awsError("InvalidParameterException", "desiredCount must be a whole number of at least 0.");
  }
}

function checkPercents(configuration: CreateServiceRequest["deploymentConfiguration"]): void {
  const {
    minimumHealthyPercent: minimum = 100,
    maximumPercent: maximum = 200,
    strategy = "ROLLING",
  } = configuration ?? {};
  if (strategy !== "ROLLING")
    throw awsError("UnsupportedFeatureException", `The sandbox lacks the deployment strategy ${strategy}.`);
  if (maximum <= minimum) {
    throw awsError(
      "InvalidParameterException",
      "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
    );
  }
}

export function checkNetwork(definition: TaskDefinition, network: CreateServiceRequest["networkConfiguration"]): void {
  if (definition.networkMode === "awsvpc" && !network?.awsvpcConfiguration?.subnets?.length) {
    throw awsError(
      "InvalidParameterException",
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    );
  }
}

function checkBalancer(store: Store, balancer: LoadBalancer, definition: TaskDefinition): void {
  const group = store.balancing.groups.get(balancer.targetGroupArn ?? "");
  if (group === undefined) {
    throw awsError(
      "InvalidParameterException",
      `Unable to assume role and validate the specified targetGroupArn: ${balancer.targetGroupArn} not found.`,
    );
  }
  if (!group.attached) {
    throw awsError(
      "InvalidParameterException",
      `The target group with targetGroupArn ${group.arn} does not have an associated load balancer.`,
    );
  }
  const { containerName, containerPort } = balancer;
  const container = definition.containerDefinitions?.find((one) => one.name === containerName);
  if (container === undefined) {
    throw awsError(
      "InvalidParameterException",
      `The container ${containerName} does not exist in the task definition.`,
    );
  }
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
    throw awsError(
      "InvalidParameterException",
      `The container ${containerName} did not have a container port ${containerPort} defined.`,
    );
  }
  if (definition.networkMode === "awsvpc" && group.description.TargetType !== "ip") {
    throw awsError(
      "InvalidParameterException",
      `The provided target group ${group.arn} has target type ${group.description.TargetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
    );
  }
}
