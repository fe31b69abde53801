import type { Service } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import type { ObservedColour } from "./model.ts";

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
  const answer = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  const targets = (answer.TargetHealthDescriptions ?? []).filter((t) => t.TargetHealth?.State !== "draining");
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

export function chunks<T>(all: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let i = 0; i < all.length; i += size) found.push(all.slice(i, i + size));
  return found;
}
