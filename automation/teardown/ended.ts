/** What AWS still tells the tags of although it is deleted. */
import type { Aws } from "../aws/clients.ts";

/**
 * True for a NAT gateway that is deleted, which Amazon EC2 shows for about an hour (VPC user guide, "Delete a NAT gateway"),
 * and a cluster that is `INACTIVE` (Amazon ECS API reference, DeleteCluster). Other types are not asked.
 */
export async function hasEnded(aws: Aws, arn: string): Promise<boolean> {
  const [, nat] = /:natgateway\/(nat-[0-9a-f]+)$/.exec(arn) ?? [];
  if (nat !== undefined) return natHasEnded(aws, nat);
  return /:ecs:[^:]+:\d+:cluster\//.test(arn) && clusterHasEnded(aws, arn);
}

async function natHasEnded(aws: Aws, id: string): Promise<boolean> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ec2"), aws.client("ec2")]);
  const asked = new sdk.DescribeNatGatewaysCommand({ Filter: [{ Name: "nat-gateway-id", Values: [id] }] });
  const { NatGateways: [found] = [] } = await client.send(asked);
  return found === undefined || found.State === "deleted" || found.State === "deleting";
}

async function clusterHasEnded(aws: Aws, arn: string): Promise<boolean> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecs"), aws.client("ecs")]);
  const { clusters: [found] = [] } = await client.send(new sdk.DescribeClustersCommand({ clusters: [arn] }));
  return found === undefined || found.status === "INACTIVE";
}
