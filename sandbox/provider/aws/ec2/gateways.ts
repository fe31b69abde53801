/** Ways in and out of a VPC, and what watches them. */
import type { CreateFlowLogsRequest, CreateVpcEndpointRequest, FlowLog, VpcEndpoint } from "@aws-sdk/client-ec2";
import type { ec2 } from "@pulumi/aws";
import { type Rows, row } from "../../row.ts";
import { fields } from "../shapes.ts";
import { delta, first, must, tagRecord } from "../shared.ts";
import { arn, specs, tagging } from "./tags.ts";

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
  ...tagging,
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
  ...tagging,
  delete: (id, { ec2 }) => ec2.releaseAddress({ AllocationId: id }),
});

const natGateway = row<ec2.NatGatewayArgs, ec2.NatGateway>({
  replace: ["allocationId", "subnetId", "connectivityType"],
  defaults: { connectivityType: "public" },
  computed: ["associationId", "networkInterfaceId", "privateIp", "publicIp"],
  create: async ({ allocationId, subnetId, connectivityType }, { ec2, tags, created }) => {
    const made = await ec2.createNatGateway({
      SubnetId: subnetId,
      AllocationId: allocationId,
      ConnectivityType: connectivityType as "public",
      TagSpecifications: specs("natgateway", tags),
    });
    return created(must(made.NatGateway?.NatGatewayId, "NatGatewayId"));
  },
  ready: (id, { ec2, until }) =>
    until(`NAT gateway ${id} to be available`, async () => {
      const { NatGateways } = await ec2.describeNatGateways({ NatGatewayIds: [id] });
      return first(NatGateways)?.State === "available" || undefined;
    }),
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
  ...tagging,
  delete: async (id, { ec2, until }) => {
    await ec2.deleteNatGateway({ NatGatewayId: id });
    await until(`NAT gateway ${id} to be deleted`, async () => {
      const state = first((await ec2.describeNatGateways({ NatGatewayIds: [id] })).NatGateways)?.State;
      return state === undefined || state === "deleted" || undefined;
    });
  },
});

const endpointFields = fields<ec2.VpcEndpoint, CreateVpcEndpointRequest, VpcEndpoint>({
  alike: ["vpcId", "serviceName", "vpcEndpointType", "routeTableIds", "subnetIds", "privateDnsEnabled"],
  renamed: { policy: "PolicyDocument" },
  outputs: ["ownerId", "state", "networkInterfaceIds"],
  lists: ["routeTableIds", "subnetIds", "networkInterfaceIds"],
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
      ...endpointFields.request(inputs),
      SecurityGroupIds: inputs.securityGroupIds,
      TagSpecifications: specs("vpc-endpoint", tags),
    });
    return must(made.VpcEndpoint?.VpcEndpointId, "VpcEndpointId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeVpcEndpoints({ VpcEndpointIds: [id] })).VpcEndpoints);
    if (!found || found.State?.toLowerCase() === "deleted") return undefined;
    return {
      ...endpointFields.state(found),
      arn: await arn(aws, "vpc-endpoint", id),
      ...(found.Groups?.length && { securityGroupIds: found.Groups.map(({ GroupId }) => GroupId ?? "") }),
      privateDnsEnabled: found.PrivateDnsEnabled ?? false,
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
  ...tagging,
  delete: (id, { ec2 }) => ec2.deleteVpcEndpoints({ VpcEndpointIds: [id] }),
});

const flowLogFields = fields<ec2.FlowLog, CreateFlowLogsRequest, FlowLog>({
  alike: ["logDestination", "logDestinationType", "trafficType", "maxAggregationInterval", "logFormat"],
  renamed: { iamRoleArn: "DeliverLogsPermissionArn" },
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
      ...flowLogFields.request(inputs),
      ResourceIds: id === undefined ? [] : [id],
      ResourceType: inputs.vpcId ? "VPC" : "Subnet",
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
        ...flowLogFields.state(found),
        tagsAll: tagRecord(found.Tags),
      }
    );
  },
  ...tagging,
  delete: (id, { ec2 }) => ec2.deleteFlowLogs({ FlowLogIds: [id] }),
});

export const gatewayRows: Rows = {
  "aws:ec2/internetGateway:InternetGateway": internetGateway,
  "aws:ec2/eip:Eip": eip,
  "aws:ec2/natGateway:NatGateway": natGateway,
  "aws:ec2/vpcEndpoint:VpcEndpoint": vpcEndpoint,
  "aws:ec2/flowLog:FlowLog": flowLog,
};
