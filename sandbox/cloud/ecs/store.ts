/** The services and tasks of a cloud, found by name or ARN. */
import {
  type Cluster,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import type { LoadBalancing } from "../alb/live.ts";
import { awsError, type ClientClass, type CloudContext } from "../handlers.ts";
import { sortedByRevision } from "./revisions.ts";
import type { RunningService } from "./service.ts";
import type { RunningTask } from "./task.ts";

/** ECS describes stopped tasks for about an hour; the sandbox keeps the last so many instead. */
const keptStoppedTasks = 500;

interface Caller {
  moto<C>(client: ClientClass<C>): C;
}

export class Store {
  readonly cloud: CloudContext;
  readonly balancing: LoadBalancing;
  readonly services = new Map<string, RunningService>();
  readonly tasks = new Map<string, RunningTask>();

  constructor(cloud: CloudContext, balancing: LoadBalancing) {
    this.cloud = cloud;
    this.balancing = balancing;
  }

  addTask(task: RunningTask): void {
    this.tasks.set(task.arn, task);
    const stopped = [...this.tasks.values()].filter((one) => one.status === "STOPPED");
    for (const old of stopped.slice(0, Math.max(0, stopped.length - keptStoppedTasks))) this.tasks.delete(old.arn);
  }

  async cluster(caller: Caller, nameOrArn: string | undefined): Promise<Cluster> {
    const name = nameOrArn ?? "default";
    const { clusters } = await caller.moto(ECSClient).send(new DescribeClustersCommand({ clusters: [name] }));
    const cluster = clusters?.[0];
    if (cluster?.clusterArn === undefined) throw awsError("ClusterNotFoundException", "Cluster not found.");
    return cluster;
  }

  /** A family without a revision means its latest active one; moto takes the latest of all. */
  async latestRevision(caller: Caller, familyOrArn: string | undefined): Promise<string | undefined> {
    if (familyOrArn === undefined || familyOrArn.includes(":")) return familyOrArn;
    const command = new ListTaskDefinitionsCommand({ familyPrefix: familyOrArn, status: "ACTIVE" });
    const { taskDefinitionArns } = await caller.moto(ECSClient).send(command);
    return sortedByRevision(taskDefinitionArns ?? []).at(-1) ?? familyOrArn;
  }

  async definition(caller: Caller, familyOrArn: string | undefined): Promise<TaskDefinition> {
    let definition: TaskDefinition | undefined;
    try {
      const taskDefinition = await this.latestRevision(caller, familyOrArn);
      const command = new DescribeTaskDefinitionCommand({ taskDefinition });
      definition = (await caller.moto(ECSClient).send(command)).taskDefinition;
    } catch {
      throw awsError("ClientException", `Unable to describe task definition: TaskDefinition ${familyOrArn} not found.`);
    }
    if (definition?.status === "INACTIVE") throw awsError("ClientException", "TaskDefinition is inactive");
    if (definition === undefined) throw awsError("ClientException", "TaskDefinition not found.");
    return definition;
  }

  /** By name or ARN within a cluster. */
  findService(clusterArn: string, nameOrArn: string | undefined): RunningService | undefined {
    const name = nameOrArn?.split("/").at(-1) ?? "";
    return this.services.get(`${clusterArn.replace(":cluster/", ":service/")}/${name}`);
  }

  service(clusterArn: string, nameOrArn: string | undefined): RunningService {
    const service = this.findService(clusterArn, nameOrArn);
    if (service === undefined) throw awsError("ServiceNotFoundException", "Service not found.");
    return service;
  }

  /** By id or ARN within a cluster. */
  findTask(clusterArn: string, idOrArn: string | undefined): RunningTask | undefined {
    const id = idOrArn?.split("/").at(-1) ?? "";
    return this.tasks.get(`${clusterArn.replace(":cluster/", ":task/")}/${id}`);
  }

  async clear(): Promise<void> {
    const services = [...this.services.values()];
    const tasks = [...this.tasks.values()];
    this.services.clear();
    this.tasks.clear();
    await Promise.all([...services.map((service) => service.kill()), ...tasks.map((task) => task.kill())]);
  }
}

/** One page of a list; tokens are positions. */
export function page<T>(
  all: readonly T[],
  maxResults: number | undefined,
  nextToken: string | undefined,
): { readonly items: T[]; readonly nextToken?: string } {
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0) throw awsError("InvalidParameterException", "Invalid token");
  const to = from + Math.min(maxResults ?? 100, 100);
  return { items: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) };
}
