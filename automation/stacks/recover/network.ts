import type { Filter } from "@aws-sdk/client-ec2";
import { type Finder, type Look, onlyNew, textOf } from "./find.ts";
import type { Bag } from "./pending.ts";

const ec2 = async ({ aws }: Look) => {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ec2"), aws.client("ec2")]);
  return { sdk, client };
};

const by = (name: string, ...values: readonly string[]): Filter => ({ Name: name, Values: [...values] });

/** What AWS gives no name is known by its tags, all of them: it is made with them in one call. */
function byTags(inputs: Bag): Filter[] {
  const tags = (inputs["tagsAll"] ?? inputs["tags"] ?? {}) as Record<string, unknown>;
  return Object.entries(tags).flatMap(([key, value]) => (typeof value === "string" ? [by(`tag:${key}`, value)] : []));
}

/**
 * AWS makes a group with a way out to everywhere, and the provider takes it away next: where it was killed in between, no
 * plan would tell (Amazon VPC User Guide, "Security groups"). Rules of the program's own are not there yet.
 */
async function closeWayOut(id: string, look: Look): Promise<void> {
  const { sdk, client } = await ec2(look);
  const { SecurityGroupRules = [] } = await client.send(
    new sdk.DescribeSecurityGroupRulesCommand({ Filters: [by("group-id", id)] }),
  );
  const open = SecurityGroupRules.filter((rule) => rule.IsEgress === true && rule.IpProtocol === "-1").flatMap(
    ({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? [],
  );
  if (open.length > 0)
    await client.send(new sdk.RevokeSecurityGroupEgressCommand({ GroupId: id, SecurityGroupRuleIds: open }));
}

/** As the provider gives them: of one group, with one source or destination. */
function ruleFinder(isEgress: boolean): Finder {
  return async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("group-id", textOf(inputs, "securityGroupId"))];
    const { SecurityGroupRules = [] } = await client.send(
      new sdk.DescribeSecurityGroupRulesCommand({ Filters: filters }),
    );
    const all = textOf(inputs, "ipProtocol") === "-1";
    const same = (a: unknown, b: unknown) => (a ?? "") === (b ?? "");
    const found = SecurityGroupRules.filter(
      (rule) =>
        rule.IsEgress === isEgress &&
        same(rule.IpProtocol, inputs["ipProtocol"]) &&
        (all || (same(rule.FromPort, inputs["fromPort"]) && same(rule.ToPort, inputs["toPort"]))) &&
        same(rule.CidrIpv4, inputs["cidrIpv4"]) &&
        same(rule.CidrIpv6, inputs["cidrIpv6"]) &&
        same(rule.PrefixListId, inputs["prefixListId"]) &&
        same(rule.ReferencedGroupInfo?.GroupId, inputs["referencedSecurityGroupId"]),
    );
    return onlyNew(
      found.map((rule) => rule.SecurityGroupRuleId),
      look,
    );
  };
}

/** Things of a network. Amazon EC2 API reference: the filters of each Describe operation. */
export const networkFinders: Readonly<Record<string, Finder>> = {
  "aws:ec2/vpc:Vpc": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("cidr-block-association.cidr-block", textOf(inputs, "cidrBlock")), ...byTags(inputs)];
    const { Vpcs = [] } = await client.send(new sdk.DescribeVpcsCommand({ Filters: filters }));
    return onlyNew(
      Vpcs.map((one) => one.VpcId),
      look,
    );
  },
  "aws:ec2/subnet:Subnet": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("vpc-id", textOf(inputs, "vpcId")), by("cidr-block", textOf(inputs, "cidrBlock"))];
    const { Subnets = [] } = await client.send(new sdk.DescribeSubnetsCommand({ Filters: filters }));
    return onlyNew(
      Subnets.map((one) => one.SubnetId),
      look,
    );
  },
  "aws:ec2/internetGateway:InternetGateway": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const command = new sdk.DescribeInternetGatewaysCommand({ Filters: byTags(inputs) });
    const { InternetGateways = [] } = await client.send(command);
    return onlyNew(
      InternetGateways.map((one) => one.InternetGatewayId),
      look,
    );
  },
  "aws:ec2/eip:Eip": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const { Addresses = [] } = await client.send(new sdk.DescribeAddressesCommand({ Filters: byTags(inputs) }));
    return onlyNew(
      Addresses.map((one) => one.AllocationId),
      look,
    );
  },
  "aws:ec2/natGateway:NatGateway": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filter = [by("subnet-id", textOf(inputs, "subnetId")), by("state", "pending", "available")];
    const read = async () =>
      (await client.send(new sdk.DescribeNatGatewaysCommand({ Filter: filter }))).NatGateways ?? [];
    const id = onlyNew(
      (await read()).map((one) => one.NatGatewayId),
      look,
    );
    const made = async () => (await read()).find((one) => one.NatGatewayId === id)?.State === "available" || undefined;
    if (id !== undefined) await look.until(`NAT gateway ${id}`, made);
    return id;
  },
  "aws:ec2/routeTable:RouteTable": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("vpc-id", textOf(inputs, "vpcId")), ...byTags(inputs)];
    const { RouteTables = [] } = await client.send(new sdk.DescribeRouteTablesCommand({ Filters: filters }));
    return onlyNew(
      RouteTables.map((one) => one.RouteTableId),
      look,
    );
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("association.subnet-id", textOf(inputs, "subnetId"))];
    const { RouteTables = [] } = await client.send(new sdk.DescribeRouteTablesCommand({ Filters: filters }));
    const all = RouteTables.flatMap(({ Associations = [] }) => Associations);
    return onlyNew(
      all.filter((one) => one.SubnetId === inputs["subnetId"]).map((one) => one.RouteTableAssociationId),
      look,
    );
  },
  "aws:ec2/route:Route": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const [table, destination] = [textOf(inputs, "routeTableId"), textOf(inputs, "destinationCidrBlock")];
    const { RouteTables = [] } = await client.send(
      new sdk.DescribeRouteTablesCommand({ Filters: [by("route-table-id", table)] }),
    );
    const there = RouteTables.some(({ Routes = [] }) => Routes.some((r) => r.DestinationCidrBlock === destination));
    return there ? `r-${table}_${destination}` : undefined;
  },
  "aws:ec2/securityGroup:SecurityGroup": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("vpc-id", textOf(inputs, "vpcId")), by("group-name", textOf(inputs, "name"))];
    const { SecurityGroups = [] } = await client.send(new sdk.DescribeSecurityGroupsCommand({ Filters: filters }));
    const id = onlyNew(
      SecurityGroups.map((one) => one.GroupId),
      look,
    );
    const asked = Array.isArray(inputs["egress"]) && inputs["egress"].length > 0;
    if (id !== undefined && !asked) await closeWayOut(id, look);
    return id;
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleFinder(false),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ruleFinder(true),
  "aws:ec2/vpcEndpoint:VpcEndpoint": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const filters = [by("vpc-id", textOf(inputs, "vpcId")), by("service-name", textOf(inputs, "serviceName"))];
    const { VpcEndpoints = [] } = await client.send(new sdk.DescribeVpcEndpointsCommand({ Filters: filters }));
    return onlyNew(
      VpcEndpoints.filter((one) => one.State?.toLowerCase() !== "deleted").map((one) => one.VpcEndpointId),
      look,
    );
  },
  "aws:ec2/flowLog:FlowLog": async (inputs, look) => {
    const { sdk, client } = await ec2(look);
    const of = textOf(inputs, "vpcId") || textOf(inputs, "subnetId");
    const { FlowLogs = [] } = await client.send(new sdk.DescribeFlowLogsCommand({ Filter: [by("resource-id", of)] }));
    return onlyNew(
      FlowLogs.filter((one) => one.LogDestination === inputs["logDestination"]).map((one) => one.FlowLogId),
      look,
    );
  },
};
