import type { ResourceType } from "@aws-sdk/client-ec2";
import type { ec2 } from "@pulumi/aws";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { delta, first, must, tagList, tagRecord } from "./shared.ts";

export const specs = (type: ResourceType, tags: Tags) =>
  Object.keys(tags).length > 0 ? [{ ResourceType: type, Tags: tagList(tags) }] : [];

export async function tag(id: string, tags: Tags, removed: string[], { ec2 }: Context): Promise<void> {
  if (removed.length > 0) await ec2.deleteTags({ Resources: [id], Tags: removed.map((Key) => ({ Key })) });
  if (Object.keys(tags).length > 0) await ec2.createTags({ Resources: [id], Tags: tagList(tags) });
}

const arn = async (aws: Context, kind: string, id: string) =>
  `arn:aws:ec2:${aws.region}:${await aws.account()}:${kind}/${id}`;

/** The things AWS makes by itself with each VPC. */
async function vpcDefaults(id: string, { ec2 }: Context) {
  const inVpc = { Name: "vpc-id", Values: [id] };
  const [tables, acls, groups] = await Promise.all([
    ec2.describeRouteTables({ Filters: [inVpc, { Name: "association.main", Values: ["true"] }] }),
    ec2.describeNetworkAcls({ Filters: [inVpc, { Name: "default", Values: ["true"] }] }),
    ec2.describeSecurityGroups({ Filters: [inVpc, { Name: "group-name", Values: ["default"] }] }),
  ]);
  return {
    mainRouteTableId: first(tables.RouteTables)?.RouteTableId,
    defaultRouteTableId: first(tables.RouteTables)?.RouteTableId,
    defaultNetworkAclId: first(acls.NetworkAcls)?.NetworkAclId,
    defaultSecurityGroupId: first(groups.SecurityGroups)?.GroupId,
  };
}

async function setVpcDns(
  id: string,
  inputs: { enableDnsSupport?: boolean; enableDnsHostnames?: boolean },
  { ec2 }: Context,
) {
  const { enableDnsSupport, enableDnsHostnames } = inputs;
  if (enableDnsSupport !== undefined)
    await ec2.modifyVpcAttribute({ VpcId: id, EnableDnsSupport: { Value: enableDnsSupport } });
  if (enableDnsHostnames !== undefined) {
    await ec2.modifyVpcAttribute({ VpcId: id, EnableDnsHostnames: { Value: enableDnsHostnames } });
  }
}

const vpc = row<ec2.VpcArgs, ec2.Vpc>({
  update: ["enableDnsHostnames", "enableDnsSupport"],
  replace: ["cidrBlock", "instanceTenancy"],
  defaults: { enableDnsSupport: true, instanceTenancy: "default" },
  computed: [
    "arn",
    "ownerId",
    "enableDnsHostnames",
    "mainRouteTableId",
    "defaultRouteTableId",
    "defaultNetworkAclId",
    "defaultSecurityGroupId",
    "dhcpOptionsId",
    "ipv6CidrBlock",
    "ipv6AssociationId",
  ],
  create: async (inputs, aws) => {
    const { Vpc } = await aws.ec2.createVpc({
      CidrBlock: inputs.cidrBlock,
      InstanceTenancy: inputs.instanceTenancy as "default" | undefined,
      TagSpecifications: specs("vpc", aws.tags),
    });
    const id = aws.created(must(Vpc?.VpcId, "VpcId"));
    await setVpcDns(id, inputs, aws);
    return id;
  },
  read: async (id, aws) => {
    const [answer, support, hostnames, defaults] = await Promise.all([
      aws.ec2.describeVpcs({ VpcIds: [id] }),
      aws.ec2.describeVpcAttribute({ VpcId: id, Attribute: "enableDnsSupport" }),
      aws.ec2.describeVpcAttribute({ VpcId: id, Attribute: "enableDnsHostnames" }),
      vpcDefaults(id, aws),
    ]);
    const found = first(answer.Vpcs);
    if (!found) return undefined;
    return {
      arn: await arn(aws, "vpc", id),
      ownerId: found.OwnerId ?? (await aws.account()),
      cidrBlock: found.CidrBlock,
      instanceTenancy: found.InstanceTenancy,
      dhcpOptionsId: found.DhcpOptionsId,
      enableDnsSupport: support.EnableDnsSupport?.Value,
      enableDnsHostnames: hostnames.EnableDnsHostnames?.Value,
      ...defaults,
      tagsAll: tagRecord(found.Tags),
    };
  },
  write: async (id, inputs, aws) => {
    await setVpcDns(id, inputs, aws);
  },
  tag,
  delete: (id, { ec2 }) => ec2.deleteVpc({ VpcId: id }),
});

const subnet = row<ec2.SubnetArgs, ec2.Subnet>({
  update: ["mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"],
  replace: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"],
  defaults: { mapPublicIpOnLaunch: false, assignIpv6AddressOnCreation: false },
  computed: ["arn", "ownerId", "availabilityZone", "availabilityZoneId"],
  create: async (inputs, aws) => {
    const { Subnet } = await aws.ec2.createSubnet({
      VpcId: inputs.vpcId,
      CidrBlock: inputs.cidrBlock,
      AvailabilityZone: inputs.availabilityZone,
      AvailabilityZoneId: inputs.availabilityZoneId,
      TagSpecifications: specs("subnet", aws.tags),
    });
    const id = aws.created(must(Subnet?.SubnetId, "SubnetId"));
    if (inputs.mapPublicIpOnLaunch)
      await aws.ec2.modifySubnetAttribute({ SubnetId: id, MapPublicIpOnLaunch: { Value: true } });
    return id;
  },
  read: async (id, { ec2 }) => {
    const found = first((await ec2.describeSubnets({ SubnetIds: [id] })).Subnets);
    return (
      found && {
        arn: found.SubnetArn,
        ownerId: found.OwnerId,
        vpcId: found.VpcId,
        cidrBlock: found.CidrBlock,
        availabilityZone: found.AvailabilityZone,
        availabilityZoneId: found.AvailabilityZoneId,
        mapPublicIpOnLaunch: found.MapPublicIpOnLaunch,
        assignIpv6AddressOnCreation: found.AssignIpv6AddressOnCreation,
        tagsAll: tagRecord(found.Tags),
      }
    );
  },
  write: async (id, inputs, { ec2 }, { changed }) => {
    if (changed("mapPublicIpOnLaunch")) {
      await ec2.modifySubnetAttribute({
        SubnetId: id,
        MapPublicIpOnLaunch: { Value: inputs.mapPublicIpOnLaunch ?? false },
      });
    }
    if (changed("assignIpv6AddressOnCreation")) {
      const Value = inputs.assignIpv6AddressOnCreation ?? false;
      await ec2.modifySubnetAttribute({ SubnetId: id, AssignIpv6AddressOnCreation: { Value } });
    }
  },
  tag,
  delete: (id, { ec2 }) => ec2.deleteSubnet({ SubnetId: id }),
});

const routeTable = row<ec2.RouteTableArgs, ec2.RouteTable>({
  replace: ["vpcId"],
  computed: ["arn", "ownerId", "routes"],
  create: async (inputs, { ec2, tags }) => {
    const made = await ec2.createRouteTable({ VpcId: inputs.vpcId, TagSpecifications: specs("route-table", tags) });
    return must(made.RouteTable?.RouteTableId, "RouteTableId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeRouteTables({ RouteTableIds: [id] })).RouteTables);
    if (!found) return undefined;
    const routes = (found.Routes ?? []).filter(({ GatewayId }) => GatewayId !== "local");
    return {
      arn: await arn(aws, "route-table", id),
      ownerId: found.OwnerId,
      vpcId: found.VpcId,
      routes: routes.map((one) => ({
        cidrBlock: one.DestinationCidrBlock,
        gatewayId: one.GatewayId,
        natGatewayId: one.NatGatewayId,
      })),
      tagsAll: tagRecord(found.Tags),
    };
  },
  tag,
  delete: (id, { ec2 }) => ec2.deleteRouteTable({ RouteTableId: id }),
});

const routeTableAssociation = row<ec2.RouteTableAssociationArgs, ec2.RouteTableAssociation>({
  replace: ["routeTableId", "subnetId", "gatewayId"],
  // A subnet has one association: the new one can only be made when the old one is gone.
  deleteBeforeReplace: true,
  computed: [],
  create: async ({ routeTableId, subnetId, gatewayId }, { ec2 }) => {
    const made = await ec2.associateRouteTable({
      RouteTableId: routeTableId,
      SubnetId: subnetId,
      GatewayId: gatewayId,
    });
    return must(made.AssociationId, "AssociationId");
  },
  read: async (id, { ec2 }) => {
    const filter = { Name: "association.route-table-association-id", Values: [id] };
    const tables = (await ec2.describeRouteTables({ Filters: [filter] })).RouteTables ?? [];
    const found = tables
      .flatMap(({ Associations }) => Associations ?? [])
      .find((one) => one.RouteTableAssociationId === id);
    return found && { routeTableId: found.RouteTableId, subnetId: found.SubnetId, gatewayId: found.GatewayId };
  },
  delete: (id, { ec2 }) => ec2.disassociateRouteTable({ AssociationId: id }),
});

const routeTarget = (inputs: {
  gatewayId?: string;
  natGatewayId?: string;
  vpcEndpointId?: string;
  networkInterfaceId?: string;
}) => ({
  GatewayId: inputs.gatewayId,
  NatGatewayId: inputs.natGatewayId,
  VpcEndpointId: inputs.vpcEndpointId,
  NetworkInterfaceId: inputs.networkInterfaceId,
});

const route = row<ec2.RouteArgs, ec2.Route>({
  update: ["gatewayId", "natGatewayId", "vpcEndpointId", "networkInterfaceId"],
  replace: ["routeTableId", "destinationCidrBlock"],
  deleteBeforeReplace: true,
  computed: ["origin", "state", "instanceId", "instanceOwnerId", "networkInterfaceId"],
  create: async (inputs, { ec2 }) => {
    const { routeTableId, destinationCidrBlock } = inputs;
    await ec2.createRoute({
      RouteTableId: routeTableId,
      DestinationCidrBlock: destinationCidrBlock,
      ...routeTarget(inputs),
    });
    return `r-${routeTableId}_${destinationCidrBlock}`;
  },
  read: async (id, { ec2 }) => {
    const [table = "", destination] = id.slice(2).split("_");
    const found = first((await ec2.describeRouteTables({ RouteTableIds: [table] })).RouteTables);
    const one = found?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === destination);
    return (
      one && {
        routeTableId: table,
        destinationCidrBlock: one.DestinationCidrBlock,
        gatewayId: one.GatewayId,
        natGatewayId: one.NatGatewayId,
        origin: one.Origin ?? "CreateRoute",
        state: one.State,
      }
    );
  },
  write: async (_id, inputs, { ec2 }) => {
    const { routeTableId, destinationCidrBlock } = inputs;
    await ec2.replaceRoute({
      RouteTableId: routeTableId,
      DestinationCidrBlock: destinationCidrBlock,
      ...routeTarget(inputs),
    });
  },
  delete: (_id, { ec2 }, { routeTableId, destinationCidrBlock }) =>
    ec2.deleteRoute({ RouteTableId: routeTableId, DestinationCidrBlock: destinationCidrBlock }),
});

const internetGateway = row<ec2.InternetGatewayArgs, ec2.InternetGateway>({
  update: ["vpcId"],
  computed: ["arn", "ownerId", "vpcId"],
  create: async ({ vpcId }, { ec2, tags, created }) => {
    const made = await ec2.createInternetGateway({ TagSpecifications: specs("internet-gateway", tags) });
    const id = created(must(made.InternetGateway?.InternetGatewayId, "InternetGatewayId"));
    if (vpcId) await ec2.attachInternetGateway({ InternetGatewayId: id, VpcId: vpcId });
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeInternetGateways({ InternetGatewayIds: [id] })).InternetGateways);
    return (
      found && {
        arn: await arn(aws, "internet-gateway", id),
        ownerId: found.OwnerId,
        vpcId: first(found.Attachments)?.VpcId,
        tagsAll: tagRecord(found.Tags),
      }
    );
  },
  write: async (id, { vpcId }, { ec2 }, { old }) => {
    if (old.vpcId) await ec2.detachInternetGateway({ InternetGatewayId: id, VpcId: old.vpcId });
    if (vpcId) await ec2.attachInternetGateway({ InternetGatewayId: id, VpcId: vpcId });
  },
  tag,
  delete: async (id, { ec2 }, { vpcId }) => {
    if (vpcId) await ec2.detachInternetGateway({ InternetGatewayId: id, VpcId: vpcId });
    await ec2.deleteInternetGateway({ InternetGatewayId: id });
  },
});

const eip = row<ec2.EipArgs, ec2.Eip>({
  replace: ["domain"],
  defaults: { domain: "vpc" },
  computed: ["allocationId", "publicIp", "publicDns", "arn", "networkBorderGroup", "publicIpv4Pool", "associationId"],
  create: async (_inputs, { ec2, tags }) => {
    const made = await ec2.allocateAddress({ Domain: "vpc", TagSpecifications: specs("elastic-ip", tags) });
    return must(made.AllocationId, "AllocationId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeAddresses({ AllocationIds: [id] })).Addresses);
    const dns = found?.PublicIp?.replaceAll(".", "-");
    return (
      found && {
        allocationId: id,
        arn: await arn(aws, "elastic-ip", id),
        domain: found.Domain,
        publicIp: found.PublicIp,
        publicDns: `ec2-${dns}.compute-1.amazonaws.com`,
        associationId: found.AssociationId,
        tagsAll: tagRecord(found.Tags),
      }
    );
  },
  tag,
  delete: (id, { ec2 }) => ec2.releaseAddress({ AllocationId: id }),
});

const natGateway = row<ec2.NatGatewayArgs, ec2.NatGateway>({
  replace: ["allocationId", "subnetId", "connectivityType"],
  defaults: { connectivityType: "public" },
  computed: ["associationId", "networkInterfaceId", "privateIp", "publicIp"],
  create: async ({ allocationId, subnetId, connectivityType }, { ec2, tags, created, until }) => {
    const made = await ec2.createNatGateway({
      SubnetId: subnetId,
      AllocationId: allocationId,
      ConnectivityType: connectivityType as "public",
      TagSpecifications: specs("natgateway", tags),
    });
    const id = created(must(made.NatGateway?.NatGatewayId, "NatGatewayId"));
    await until(`NAT gateway ${id} to be available`, async () => {
      const { NatGateways } = await ec2.describeNatGateways({ NatGatewayIds: [id] });
      return first(NatGateways)?.State === "available" || undefined;
    });
    return id;
  },
  read: async (id, { ec2 }) => {
    const found = first((await ec2.describeNatGateways({ NatGatewayIds: [id] })).NatGateways);
    if (!found || found.State === "deleted" || found.State === "deleting") return undefined;
    const address = first(found.NatGatewayAddresses);
    return {
      allocationId: address?.AllocationId,
      associationId: address?.AssociationId,
      networkInterfaceId: address?.NetworkInterfaceId,
      privateIp: address?.PrivateIp,
      publicIp: address?.PublicIp,
      subnetId: found.SubnetId,
      connectivityType: found.ConnectivityType,
      tagsAll: tagRecord(found.Tags),
    };
  },
  tag,
  delete: async (id, { ec2, until }) => {
    await ec2.deleteNatGateway({ NatGatewayId: id });
    await until(`NAT gateway ${id} to be deleted`, async () => {
      const state = first((await ec2.describeNatGateways({ NatGatewayIds: [id] })).NatGateways)?.State;
      return state === undefined || state === "deleted" || undefined;
    });
  },
});

const vpcEndpoint = row<ec2.VpcEndpointArgs, ec2.VpcEndpoint>({
  update: ["policy", "routeTableIds", "subnetIds", "securityGroupIds", "privateDnsEnabled"],
  replace: ["vpcId", "serviceName", "vpcEndpointType"],
  defaults: { vpcEndpointType: "Gateway" },
  computed: [
    "arn",
    "ownerId",
    "state",
    "policy",
    "routeTableIds",
    "subnetIds",
    "securityGroupIds",
    "privateDnsEnabled",
    "prefixListId",
    "cidrBlocks",
    "dnsEntries",
    "networkInterfaceIds",
    "requesterManaged",
  ],
  create: async (inputs, { ec2, tags }) => {
    const made = await ec2.createVpcEndpoint({
      VpcId: inputs.vpcId,
      ServiceName: inputs.serviceName,
      VpcEndpointType: inputs.vpcEndpointType as "Gateway",
      PolicyDocument: inputs.policy,
      RouteTableIds: inputs.routeTableIds,
      SubnetIds: inputs.subnetIds,
      SecurityGroupIds: inputs.securityGroupIds,
      PrivateDnsEnabled: inputs.privateDnsEnabled,
      TagSpecifications: specs("vpc-endpoint", tags),
    });
    return must(made.VpcEndpoint?.VpcEndpointId, "VpcEndpointId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeVpcEndpoints({ VpcEndpointIds: [id] })).VpcEndpoints);
    if (!found || found.State?.toLowerCase() === "deleted") return undefined;
    return {
      arn: await arn(aws, "vpc-endpoint", id),
      ownerId: found.OwnerId,
      vpcId: found.VpcId,
      serviceName: found.ServiceName,
      vpcEndpointType: found.VpcEndpointType,
      state: found.State,
      policy: found.PolicyDocument,
      routeTableIds: found.RouteTableIds ?? [],
      subnetIds: found.SubnetIds ?? [],
      ...(found.Groups?.length && { securityGroupIds: found.Groups.map(({ GroupId }) => GroupId ?? "") }),
      privateDnsEnabled: found.PrivateDnsEnabled ?? false,
      networkInterfaceIds: found.NetworkInterfaceIds ?? [],
      requesterManaged: found.RequesterManaged ?? false,
      tagsAll: tagRecord(found.Tags),
    };
  },
  write: async (id, inputs, { ec2 }, { old, changed }) => {
    const [tables, subnets] = [delta(old.routeTableIds, inputs.routeTableIds), delta(old.subnetIds, inputs.subnetIds)];
    const groups = delta(old.securityGroupIds, inputs.securityGroupIds);
    await ec2.modifyVpcEndpoint({
      VpcEndpointId: id,
      ...(changed("policy") && { PolicyDocument: inputs.policy, ResetPolicy: inputs.policy === undefined }),
      ...(changed("routeTableIds") && { AddRouteTableIds: tables.added, RemoveRouteTableIds: tables.removed }),
      ...(changed("subnetIds") && { AddSubnetIds: subnets.added, RemoveSubnetIds: subnets.removed }),
      ...(changed("securityGroupIds") && { AddSecurityGroupIds: groups.added, RemoveSecurityGroupIds: groups.removed }),
      ...(changed("privateDnsEnabled") && { PrivateDnsEnabled: inputs.privateDnsEnabled }),
    });
  },
  tag,
  delete: (id, { ec2 }) => ec2.deleteVpcEndpoints({ VpcEndpointIds: [id] }),
});

const flowLog = row<ec2.FlowLogArgs, ec2.FlowLog>({
  replace: [
    "vpcId",
    "subnetId",
    "logDestination",
    "logDestinationType",
    "iamRoleArn",
    "trafficType",
    "maxAggregationInterval",
    "logFormat",
  ],
  defaults: { logDestinationType: "cloud-watch-logs", maxAggregationInterval: 600 },
  computed: ["arn", "logFormat"],
  create: async (inputs, { ec2, tags }) => {
    const id = inputs.vpcId ?? inputs.subnetId;
    const made = await ec2.createFlowLogs({
      ResourceIds: id === undefined ? [] : [id],
      ResourceType: inputs.vpcId ? "VPC" : "Subnet",
      TrafficType: inputs.trafficType as "ALL",
      LogDestination: inputs.logDestination,
      LogDestinationType: inputs.logDestinationType as "s3",
      DeliverLogsPermissionArn: inputs.iamRoleArn,
      MaxAggregationInterval: inputs.maxAggregationInterval,
      LogFormat: inputs.logFormat,
      TagSpecifications: specs("vpc-flow-log", tags),
    });
    const refused = first(made.Unsuccessful)?.Error;
    if (refused) throw new Error(`ec2:CreateFlowLogs: ${refused.Message} (${refused.Code})`);
    return must(first(made.FlowLogIds), "FlowLogIds");
  },
  read: async (id, aws, state) => {
    const found = first((await aws.ec2.describeFlowLogs({ FlowLogIds: [id] })).FlowLogs);
    return (
      found && {
        arn: await arn(aws, "vpc-flow-log", id),
        ...(state.subnetId ? { subnetId: found.ResourceId } : { vpcId: found.ResourceId }),
        logDestination: found.LogDestination,
        logDestinationType: found.LogDestinationType,
        iamRoleArn: found.DeliverLogsPermissionArn,
        trafficType: found.TrafficType,
        maxAggregationInterval: found.MaxAggregationInterval,
        logFormat: found.LogFormat,
        tagsAll: tagRecord(found.Tags),
      }
    );
  },
  tag,
  delete: (id, { ec2 }) => ec2.deleteFlowLogs({ FlowLogIds: [id] }),
});

export const ec2Rows: Rows = {
  "aws:ec2/vpc:Vpc": vpc,
  "aws:ec2/subnet:Subnet": subnet,
  "aws:ec2/routeTable:RouteTable": routeTable,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": routeTableAssociation,
  "aws:ec2/route:Route": route,
  "aws:ec2/internetGateway:InternetGateway": internetGateway,
  "aws:ec2/eip:Eip": eip,
  "aws:ec2/natGateway:NatGateway": natGateway,
  "aws:ec2/vpcEndpoint:VpcEndpoint": vpcEndpoint,
  "aws:ec2/flowLog:FlowLog": flowLog,
};
