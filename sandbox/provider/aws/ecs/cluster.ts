import type { ecs } from "@pulumi/aws";
import { type Rows, row } from "../../row.ts";
import { putRow } from "../shapes.ts";
import { first, must } from "../shared.ts";
import { tagging, tagList, tagRecord } from "./tags.ts";

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
  ...tagging,
  delete: (id, { ecs }) => ecs.deleteCluster({ cluster: id }),
});

const strategies = (list: unknown) =>
  ((list ?? []) as { capacityProvider: string; weight?: number; base?: number }[]).map((one) => ({
    weight: 0,
    base: 0,
    ...one,
  }));

const clusterCapacityProviders = putRow<ecs.ClusterCapacityProvidersArgs, ecs.ClusterCapacityProviders>({
  update: ["capacityProviders", "defaultCapacityProviderStrategies"],
  replace: ["clusterName"],
  computed: [],
  id: "clusterName",
  put: ({ clusterName, capacityProviders, defaultCapacityProviderStrategies }, { ecs }) =>
    ecs.putClusterCapacityProviders({
      cluster: clusterName,
      capacityProviders: capacityProviders ?? [],
      defaultCapacityProviderStrategy: strategies(defaultCapacityProviderStrategies),
    }),
  read: async (id, { ecs }) => {
    const found = first((await ecs.describeClusters({ clusters: [id] })).clusters);
    if (!found || found.status === "INACTIVE") return undefined;
    return {
      clusterName: found.clusterName,
      capacityProviders: found.capacityProviders ?? [],
      defaultCapacityProviderStrategies: strategies(found.defaultCapacityProviderStrategy) as never,
    };
  },
  delete: (id, { ecs }) =>
    ecs.putClusterCapacityProviders({ cluster: id, capacityProviders: [], defaultCapacityProviderStrategy: [] }),
});

export const clusterRows: Rows = {
  "aws:ecs/cluster:Cluster": cluster,
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": clusterCapacityProviders,
};
