/** Quotas that environments and accounts use up, and how much of each is in use. */
import type { Aws } from "../aws/clients.ts";
import { liveAccounts } from "../organization/live.ts";
import type { Fact, Quota } from "./judge.ts";
import { tried } from "./tried.ts";

interface Known {
  readonly name: string;
  /** Service Quotas' codes of service and quota; absent where the service itself says the quota. */
  readonly code?: readonly [service: string, quota: string];
  readonly most?: (aws: Aws) => Promise<number>;
  readonly used: (aws: Aws) => Promise<number>;
}

const known: readonly Known[] = [
  { name: "accounts", code: ["organizations", "L-E619E033"], used: accounts },
  { name: "VPCs", code: ["vpc", "L-F678F1CE"], used: vpcs },
  { name: "elastic addresses", code: ["ec2", "L-0263D0A3"], used: addresses },
  { name: "rules of the fullest load balancer", most: mostRules, used: rules },
  { name: "Fargate vCPU", code: ["fargate", "L-3032A538"], used: vcpus },
];

/** @param accountQuota `switchyard:accountQuota`, which says the quota of accounts where AWS does not. */
export async function lookAtQuotas(aws: Aws, accountQuota: number): Promise<readonly Quota[]> {
  return Promise.all(
    known.map(async ({ name, code, most, used }) => {
      const [inUse, limit] = await Promise.all([
        tried(() => used(aws)),
        tried(() =>
          code === undefined ? (most?.(aws) ?? Promise.reject(new Error("unknown"))) : applied(aws, ...code),
        ),
      ]);
      const raise = code === undefined ? "Service Quotas, Elastic Load Balancing" : `Service Quotas, ${code.join(" ")}`;
      const said: Fact<number> = name === "accounts" && "error" in limit ? { value: accountQuota } : limit;
      return { name, used: inUse, most: said, raise };
    }),
  );
}

/** What the account was given; AWS's default where it was never raised (Service Quotas API, GetServiceQuota). */
async function applied(aws: Aws, ServiceCode: string, QuotaCode: string): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-service-quotas"), aws.client("quotas")]);
  const asked = { ServiceCode, QuotaCode };
  const answer = await client.send(new sdk.GetServiceQuotaCommand(asked)).catch((error: Error) => {
    if (error.name !== "NoSuchResourceException") throw error;
    return client.send(new sdk.GetAWSDefaultServiceQuotaCommand(asked));
  });
  const value = answer.Quota?.Value;
  if (value === undefined) throw new Error("AWS does not say");
  return value;
}

async function accounts(aws: Aws): Promise<number> {
  return (await liveAccounts(aws)).length;
}

async function vpcs(aws: Aws): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ec2"), aws.client("ec2")]);
  let count = 0;
  for await (const { Vpcs = [] } of sdk.paginateDescribeVpcs({ client }, {})) count += Vpcs.length;
  return count;
}

async function addresses(aws: Aws): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ec2"), aws.client("ec2")]);
  return ((await client.send(new sdk.DescribeAddressesCommand({}))).Addresses ?? []).length;
}

async function mostRules(aws: Aws): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-elastic-load-balancing-v2"), aws.client("elb")]);
  const { Limits = [] } = await client.send(new sdk.DescribeAccountLimitsCommand({}));
  const limit = Limits.find(({ Name }) => Name === "rules-per-application-load-balancer")?.Max;
  if (limit === undefined) throw new Error("AWS does not say");
  return Number(limit);
}

async function rules(aws: Aws): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-elastic-load-balancing-v2"), aws.client("elb")]);
  const counts = [0];
  for await (const { LoadBalancers = [] } of sdk.paginateDescribeLoadBalancers({ client }, {}))
    for (const { LoadBalancerArn } of LoadBalancers) {
      let own = 0;
      for await (const { Listeners = [] } of sdk.paginateDescribeListeners({ client }, { LoadBalancerArn }))
        for (const { ListenerArn } of Listeners) {
          const { Rules = [] } = await client.send(new sdk.DescribeRulesCommand({ ListenerArn }));
          // Default rules are not counted (Elastic Load Balancing, "Quotas for your Application Load Balancers").
          own += Rules.filter(({ IsDefault }) => IsDefault !== true).length;
        }
      counts.push(own);
    }
  return Math.max(...counts);
}

/** Of every task that runs, in 1,024ths as Amazon ECS counts them. */
async function vcpus(aws: Aws): Promise<number> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecs"), aws.client("ecs")]);
  let units = 0;
  for await (const { clusterArns = [] } of sdk.paginateListClusters({ client }, {}))
    for (const cluster of clusterArns)
      for await (const { taskArns = [] } of sdk.paginateListTasks({ client }, { cluster, launchType: "FARGATE" })) {
        if (taskArns.length === 0) continue;
        const { tasks = [] } = await client.send(new sdk.DescribeTasksCommand({ cluster, tasks: taskArns }));
        for (const { cpu } of tasks) units += Number(cpu ?? 0);
      }
  return units / 1024;
}
