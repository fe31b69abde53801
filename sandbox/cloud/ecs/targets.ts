/** A service's tasks as targets of its load balancers. */
import type { LoadBalancer, NetworkConfiguration } from "@aws-sdk/client-ecs";
import type { LoadBalancing } from "../alb/live.ts";
import type { Reach, TargetAddress } from "../alb/target.ts";
import type { Firewall } from "../firewall.ts";
import type { TaskView } from "./schedule.ts";
import type { RunningTask } from "./task.ts";

export interface TaskTarget {
  /** ARN of the target group. */
  readonly group: string;
  readonly address: TargetAddress;
  /** The port security groups know it by. */
  readonly containerPort: number;
}

/** Where a task is registered (once it runs). */
export function targetsOf(balancers: readonly LoadBalancer[] | undefined, task: RunningTask): TaskTarget[] {
  return (balancers ?? []).flatMap(({ targetGroupArn, containerName, containerPort }) => {
    const port = task.ports.get(`${containerName}:${containerPort}`);
    if (targetGroupArn === undefined || port === undefined) return [];
    return [{ group: targetGroupArn, address: { id: "127.0.0.1", port }, containerPort: containerPort ?? port }];
  });
}

/** Whether security groups let the target's load balancer through to a task of this network. */
export function reachOf(
  { group, containerPort }: TaskTarget,
  network: NetworkConfiguration | undefined,
  balancing: LoadBalancing,
  firewall: Firewall,
): Reach {
  const { securityGroups = [], subnets = [] } = network?.awsvpcConfiguration ?? {};
  return async (port = containerPort) => {
    const arn = balancing.groups.get(group)?.loadBalancers[0];
    const balancer = balancing.loadBalancers.get(arn ?? "")?.description;
    const from = {
      groups: balancer?.SecurityGroups ?? [],
      subnets: (balancer?.AvailabilityZones ?? []).map(({ SubnetId = "" }) => SubnetId),
    };
    return firewall.allows(from, { groups: securityGroups, subnets }, port);
  };
}

/** A task as the scheduler sees it. */
export function viewTask(task: RunningTask, targets: readonly TaskTarget[], balancing: LoadBalancing): TaskView {
  const phase = task.isStopping ? "stopping" : task.status === "RUNNING" ? "running" : "starting";
  const startedAt = task.description.startedAt?.getTime();
  const base = { id: task.id, deployment: task.description.startedBy ?? "", phase, startedAt } as const;
  // A group no rule names has no opinion.
  const asked = targets.filter(({ group }) => balancing.groups.get(group)?.attached);
  const states = asked.map(({ group, address }) => ({
    group,
    state: balancing.groups.get(group)?.health(address).TargetHealth?.State,
  }));
  const unhealthy = states.find(({ state }) => state === "unhealthy");
  if (unhealthy !== undefined) return { ...base, health: "unhealthy", unhealthyIn: unhealthy.group };
  if (asked.length === 0) return { ...base, health: "none" };
  return { ...base, health: states.every(({ state }) => state === "healthy") ? "healthy" : "waiting" };
}
