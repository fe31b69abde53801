import type { CreateSubnetRequest, Subnet } from "@aws-sdk/client-ec2";
import type { ec2 } from "@pulumi/aws";
import { type Context, type Rows, row } from "../../row.ts";
import { fields } from "../shapes.ts";
import { first, must, tagRecord } from "../shared.ts";
import { arn, specs, tagging } from "./tags.ts";

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
  ...tagging,
  delete: (id, { ec2 }) => ec2.deleteVpc({ VpcId: id }),
});

const subnetFields = fields<ec2.Subnet, CreateSubnetRequest, Subnet>({
  alike: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"],
  outputs: ["ownerId", "mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"],
});

const subnet = row<ec2.SubnetArgs, ec2.Subnet>({
  update: ["mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"],
  replace: ["vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"],
  defaults: { mapPublicIpOnLaunch: false, assignIpv6AddressOnCreation: false },
  computed: ["arn", "ownerId", "availabilityZone", "availabilityZoneId"],
  create: async (inputs, aws) => {
    const { Subnet: made } = await aws.ec2.createSubnet({
      ...subnetFields.request(inputs),
      TagSpecifications: specs("subnet", aws.tags),
    });
    const id = aws.created(must(made?.SubnetId, "SubnetId"));
    if (inputs.mapPublicIpOnLaunch)
      await aws.ec2.modifySubnetAttribute({ SubnetId: id, MapPublicIpOnLaunch: { Value: true } });
    return id;
  },
  read: async (id, { ec2 }) => {
    const found = first((await ec2.describeSubnets({ SubnetIds: [id] })).Subnets);
    return (
      found && {
        ...subnetFields.state(found),
        arn: found.SubnetArn,
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
  ...tagging,
  delete: (id, { ec2 }) => ec2.deleteSubnet({ SubnetId: id }),
});

export const networkRows: Rows = {
  "aws:ec2/vpc:Vpc": vpc,
  "aws:ec2/subnet:Subnet": subnet,
};
