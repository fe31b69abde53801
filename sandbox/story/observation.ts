import { isDeepStrictEqual } from "node:util";
import { DescribeServicesCommand, ECSClient, paginateListClusters, paginateListServices } from "@aws-sdk/client-ecs";
import {
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeLoadBalancers,
  paginateDescribeRules,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { SandboxError } from "../cloud/errors.ts";

type Weights = Record<string, Record<string, number>>;

/** What runs and where traffic goes, as the account says it and not as the driver does. */
export interface Observation {
  /** `http://` and the load balancer's host name. */
  readonly url: string;
  /** The weights of each listener rule that users' requests take, by rule and target group. */
  readonly weights: Weights;
  /** The same of the rules that ask for a header, by which a new version is tried. */
  readonly previewWeights: Weights;
  /** Each ECS service's task definition and desired count. */
  readonly services: Record<string, { taskDefinition: string; desired: number }>;
}

export async function observe(): Promise<Observation> {
  const [loadBalancing, services] = await Promise.all([observeLoadBalancer(), observeServices()]);
  return { ...loadBalancing, services };
}

async function observeLoadBalancer(): Promise<Omit<Observation, "services">> {
  const client = new ElasticLoadBalancingV2Client({});
  const balancers = [];
  for await (const page of paginateDescribeLoadBalancers({ client }, {})) balancers.push(...(page.LoadBalancers ?? []));
  const [balancer] = balancers;
  if (balancer?.DNSName === undefined || balancers.length !== 1) {
    throw new SandboxError({
      what: `there are ${balancers.length} load balancers where the story has made one`,
      where: "elasticloadbalancing:DescribeLoadBalancers",
      fix: "Start with an empty sandbox: `switchyard sandbox reset`",
    });
  }
  const { Listeners = [] } = await client.send(
    new DescribeListenersCommand({ LoadBalancerArn: balancer.LoadBalancerArn }),
  );
  const weights: Weights = {};
  const previewWeights: Weights = {};
  for (const { ListenerArn } of Listeners) {
    for await (const { Rules = [] } of paginateDescribeRules({ client }, { ListenerArn })) {
      for (const rule of Rules) {
        const groups = (rule.Actions ?? []).flatMap((action) => action.ForwardConfig?.TargetGroups ?? []);
        const entries = groups.map(({ TargetGroupArn = "", Weight = 0 }) => [TargetGroupArn, Weight] as const);
        const isPreview = (rule.Conditions ?? []).some(({ Field }) => Field === "http-header");
        if (entries.length > 0)
          (isPreview ? previewWeights : weights)[rule.RuleArn ?? ""] = Object.fromEntries(entries);
      }
    }
  }
  client.destroy();
  return { url: `http://${balancer.DNSName}`, weights, previewWeights };
}

async function observeServices(): Promise<Observation["services"]> {
  const client = new ECSClient({});
  const services: Observation["services"] = {};
  for await (const { clusterArns = [] } of paginateListClusters({ client }, {})) {
    for (const cluster of clusterArns) {
      for await (const { serviceArns = [] } of paginateListServices({ client, pageSize: 10 }, { cluster })) {
        if (serviceArns.length === 0) continue;
        const { services: found = [] } = await client.send(
          new DescribeServicesCommand({ cluster, services: serviceArns }),
        );
        for (const { serviceName = "", taskDefinition = "", desiredCount = 0, status } of found) {
          if (status === "ACTIVE") services[serviceName] = { taskDefinition, desired: desiredCount };
        }
      }
    }
  }
  client.destroy();
  return services;
}

/** Names each entry that differs, with both values; empty when nothing does. */
export function differences<T>(before: Record<string, T>, after: Record<string, T>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => `${name}: ${JSON.stringify(before[name])} became ${JSON.stringify(after[name])}`);
}

/** The versions that answer at the load balancer, by asking each path twenty times. */
export async function versionsServing(url: string, paths = ["/", "/api/notes"]): Promise<string[]> {
  const versions = new Set<string>();
  for (const path of paths)
    for (const version of await answering(url, { path, header: "x-version", times: 20 })) versions.add(version);
  return [...versions].sort();
}

/** The releases that answer a path: each service's version has one of its own. */
export function releasesAnswering(url: string, path: string): Promise<string[]> {
  return answering(url, { path, header: "x-release", times: 20 });
}

async function answering(url: string, asked: { path: string; header: string; times: number }): Promise<string[]> {
  const { path, header, times } = asked;
  const ask = async () => {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return response.ok ? (response.headers.get(header) ?? "none") : `${path}: ${response.status}`;
  };
  return [...new Set(await Promise.all(Array.from({ length: times }, ask)))].sort();
}
