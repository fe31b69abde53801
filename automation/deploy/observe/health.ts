import type { Service } from "@aws-sdk/client-ecs";
import { rollout } from "../../../programs/rollout.ts";
import type { Aws } from "../../aws/clients.ts";
import type { EcsSettings, ObservedColour } from "../decide/model.ts";
import { breaker } from "../decide/setups.ts";

/** ECS answers for at most this many services in one DescribeServices (Amazon ECS API reference). */
const servicesPerCall = 10;
const reasonsKept = 3;

export interface TargetCounts {
  readonly healthy: number;
  readonly registered: number;
  readonly reasons: readonly string[];
}

export async function describeServices(
  aws: Aws,
  cluster: string,
  names: readonly string[],
): Promise<Map<string, Service>> {
  const { DescribeServicesCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  const batches = chunks(names, servicesPerCall).map(async (services) => {
    const answer = await ecs.send(new DescribeServicesCommand({ cluster, services }));
    return answer.services ?? [];
  });
  const found = (await Promise.all(batches)).flat();
  return new Map(found.map((service) => [service.serviceName ?? "", service]));
}

export async function targetCounts(aws: Aws, targetGroupArn: string): Promise<TargetCounts> {
  const { DescribeTargetHealthCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const elb = await aws.client("elb");
  const asked = elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  const answer = await asked.catch((error: Error) => {
    // Of a service that was taken away; whether its rules and ECS services are there is seen beside it.
    if (error.name !== "TargetGroupNotFoundException") throw error;
    return undefined;
  });
  const targets = (answer?.TargetHealthDescriptions ?? []).filter((t) => t.TargetHealth?.State !== "draining");
  return {
    healthy: targets.filter((t) => t.TargetHealth?.State === "healthy").length,
    registered: targets.length,
    reasons: targets.flatMap((t) =>
      t.TargetHealth?.State === "unhealthy" ? [`target ${t.TargetHealth.Reason}: ${t.TargetHealth.Description}`] : [],
    ),
  };
}

/** One colour from ECS's and the load balancer's answers; a service that does not exist runs nothing. */
export function observedColour(service: Service | undefined, targets: TargetCounts): Omit<ObservedColour, "scaling"> {
  const primary = service?.deployments?.find((d) => d.status === "PRIMARY");
  const failed = service?.deployments?.find((d) => d.rolloutState === "FAILED") ?? primary;
  const reasons = [failed?.rolloutState === "FAILED" ? failed.rolloutStateReason : undefined, ...targets.reasons];
  const arn = service?.taskDefinition;
  return {
    ...(arn && { taskDefinitionArn: arn }),
    desired: service?.desiredCount ?? 0,
    running: service?.runningCount ?? 0,
    healthy: targets.healthy,
    registered: targets.registered,
    rollout: primary?.rolloutState ?? "NONE",
    failedTasks: failed?.failedTasks ?? 0,
    reasons: [...new Set(reasons.flatMap((r) => (r ? [r] : [])))].slice(0, reasonsKept),
  };
}

/** What a hand may have set otherwise than the driver does. */
export function ecsSettings({
  networkConfiguration: { awsvpcConfiguration: network } = {},
  healthCheckGracePeriodSeconds = 0,
  loadBalancers = [],
  deploymentConfiguration: deployment = {},
  platformVersion = rollout.platformVersion,
}: Service): EcsSettings {
  const list = (all: readonly string[] = []) => [...all].sort().join(" ");
  return {
    subnets: list(network?.subnets),
    securityGroups: list(network?.securityGroups),
    publicIp: network?.assignPublicIp ?? "DISABLED",
    gracePeriodSeconds: healthCheckGracePeriodSeconds,
    container: list(loadBalancers.map(({ containerName, containerPort }) => `${containerName}:${containerPort}`)),
    circuitBreaker: breaker(deployment.deploymentCircuitBreaker),
    minimumPercent: deployment.minimumHealthyPercent ?? rollout.minimumPercent,
    maximumPercent: deployment.maximumPercent ?? rollout.maximumPercent,
    platformVersion,
  };
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let i = 0; i < all.length; i += size) found.push(all.slice(i, i + size));
  return found;
}

/** ECS tells of a service that was deleted for some time yet (Amazon ECS API reference, DescribeServices). */
export function isServiceThere(serviceName: string | undefined, running: ReadonlyMap<string, Service>): boolean {
  if (serviceName === undefined) return true;
  const status = running.get(serviceName)?.status;
  return running.has(serviceName) && status !== "INACTIVE" && status !== "DRAINING";
}
