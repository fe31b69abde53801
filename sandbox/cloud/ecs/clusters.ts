/** What moto keeps (clusters, tags) where it needs to know the services and tasks that run here. */
import {
  type Cluster,
  DeleteClusterCommand,
  DescribeClustersCommand,
  ExecuteCommandCommand,
  ListServiceDeploymentsCommand,
  ListTagsForResourceCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecs";
import { awsError, type CloudContext } from "../handlers.ts";
import type { Store } from "./store.ts";

export function installClusters(cloud: CloudContext, store: Store): void {
  const servicesOf = (clusterArn: string | undefined) =>
    [...store.services.values()].filter(
      (service) => service.clusterArn === clusterArn && service.status !== "INACTIVE",
    );
  const tasksOf = (clusterArn: string | undefined) =>
    [...store.tasks.values()].filter((task) => task.description.clusterArn === clusterArn && task.status !== "STOPPED");

  const counted = (cluster: Cluster): Cluster => {
    const tasks = tasksOf(cluster.clusterArn);
    const running = tasks.filter((task) => task.status === "RUNNING").length;
    return {
      ...cluster,
      activeServicesCount: servicesOf(cluster.clusterArn).length,
      runningTasksCount: running,
      pendingTasksCount: tasks.filter((task) => task.status === "PROVISIONING" || task.status === "PENDING").length,
    };
  };

  cloud.handle(DescribeClustersCommand, async (_input, call) => {
    const answer = await call.toMoto();
    return { ...answer, clusters: (answer.clusters ?? []).map(counted) };
  });

  cloud.handle(DeleteClusterCommand, async (input, call) => {
    const { clusterArn } = await store.cluster(call, input.cluster);
    if (servicesOf(clusterArn).length > 0) {
      throw awsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.");
    }
    if (tasksOf(clusterArn).length > 0) {
      throw awsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
    }
    return call.toMoto();
  });

  cloud.handle(ExecuteCommandCommand, () => {
    throw awsError(
      "UnsupportedFeatureException",
      "The sandbox lacks ecs:ExecuteCommand; a task's process runs on this machine.",
    );
  });
  cloud.handle(ListServiceDeploymentsCommand, () => {
    throw awsError(
      "UnsupportedFeatureException",
      "The sandbox lacks service deployments; DescribeServices shows the deployments.",
    );
  });
}

export function installTags(cloud: CloudContext, store: Store): void {
  /** Tags of what runs here; undefined for what moto keeps. */
  const tagsOf = (arn: string | undefined): { tags?: Tag[] } | undefined =>
    store.services.get(arn ?? "") ?? store.tasks.get(arn ?? "")?.description;

  cloud.handle(TagResourceCommand, (input, call) => {
    const tagged = tagsOf(input.resourceArn);
    if (tagged === undefined) return call.toMoto();
    const keys = new Set(input.tags?.map((tag) => tag.key));
    tagged.tags = [...(tagged.tags ?? []).filter((tag) => !keys.has(tag.key)), ...(input.tags ?? [])];
    return {};
  });
  cloud.handle(UntagResourceCommand, (input, call) => {
    const tagged = tagsOf(input.resourceArn);
    if (tagged === undefined) return call.toMoto();
    tagged.tags = (tagged.tags ?? []).filter((tag) => !input.tagKeys?.includes(tag.key ?? ""));
    return {};
  });
  cloud.handle(ListTagsForResourceCommand, (input, call) => {
    const tagged = tagsOf(input.resourceArn);
    return tagged === undefined ? call.toMoto() : { tags: tagged.tags ?? [] };
  });
}
