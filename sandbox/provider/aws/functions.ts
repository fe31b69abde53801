/** Functions that are not about one service's resources. */
import type aws from "@pulumi/aws";
import { type Functions, fn } from "../row.ts";
import { type Bag, compact } from "../values.ts";
import { first, must } from "./shared.ts";

/** Accounts that write load balancer access logs. Elastic Load Balancing, "Access logs for your Application Load Balancer". */
const elbAccounts: Record<string, string> = {
  "us-east-1": "127311923021",
  "us-east-2": "033677994240",
  "us-west-1": "027434742980",
  "us-west-2": "797873946194",
  "eu-central-1": "054676820928",
  "eu-west-1": "156460612806",
  "eu-west-2": "652711504416",
};

type Statement = NonNullable<aws.iam.GetPolicyDocumentArgs["statements"]>[number];

/** One value as itself, several as a sorted list: the form the real function renders. */
const oneOrMany = (values: readonly string[] | undefined) =>
  values === undefined || values.length === 0
    ? undefined
    : values.length === 1
      ? values[0]
      : [...values].sort().reverse();

function principals(list: Statement["principals"]): unknown {
  if (!list?.length) return undefined;
  if (list.some(({ type }) => type === "*")) return "*";
  return Object.fromEntries(list.map(({ type, identifiers }) => [type, oneOrMany(identifiers)]));
}

function conditions(list: Statement["conditions"]): unknown {
  if (!list?.length) return undefined;
  const byTest: Record<string, Bag> = {};
  for (const { test, variable, values } of list) byTest[test] = { ...byTest[test], [variable]: oneOrMany(values) };
  return byTest;
}

const statement = (one: Statement) =>
  compact({
    Sid: one.sid,
    Effect: one.effect ?? "Allow",
    Action: oneOrMany(one.actions),
    NotAction: oneOrMany(one.notActions),
    Resource: oneOrMany(one.resources),
    NotResource: oneOrMany(one.notResources),
    Principal: principals(one.principals),
    NotPrincipal: principals(one.notPrincipals),
    Condition: conditions(one.conditions),
  });

/** How EC2's data sources search: by filters, and by tags. */
const searchOf = ({ filters = [], tags = {} }: Pick<aws.ec2.GetSubnetArgs, "filters" | "tags">) => [
  ...filters.map(({ name, values }) => ({ Name: name, Values: values })),
  ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
];

const tagsOf = (tags: readonly { Key?: string; Value?: string }[] = []) =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));

export const functions: Functions = {
  "aws:index/getCallerIdentity:getCallerIdentity": fn<aws.GetCallerIdentityArgs, aws.GetCallerIdentityResult>(
    async (_args, { sts }) => {
      const me = await sts.getCallerIdentity({});
      return { id: me.Account, accountId: me.Account, arn: me.Arn, userId: me.UserId };
    },
  ),
  "aws:index/getRegion:getRegion": fn<aws.GetRegionArgs, aws.GetRegionResult>(async (_args, { region }) => ({
    id: region,
    region,
    name: region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  })),
  "aws:index/getPartition:getPartition": fn<aws.GetPartitionArgs, aws.GetPartitionResult>(async () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  })),
  "aws:index/getAvailabilityZones:getAvailabilityZones": fn<
    aws.GetAvailabilityZonesArgs,
    aws.GetAvailabilityZonesResult
  >(async (args, { ec2, region }) => {
    const Filters = [
      ...(args.filters ?? []).map(({ name, values }) => ({ Name: name, Values: values })),
      ...(args.state ? [{ Name: "state", Values: [args.state] }] : []),
    ];
    const { AvailabilityZones = [] } = await ec2.describeAvailabilityZones({ Filters });
    const kept = AvailabilityZones.filter(({ ZoneName = "" }) => !args.excludeNames?.includes(ZoneName));
    kept.sort((a, b) => String(a.ZoneName).localeCompare(String(b.ZoneName)));
    return {
      ...args,
      id: region,
      names: kept.map(({ ZoneName }) => ZoneName ?? ""),
      zoneIds: kept.map(({ ZoneId }) => ZoneId ?? ""),
      groupNames: [...new Set(kept.map(({ GroupName }) => GroupName ?? region))],
    };
  }),
  "aws:index/getAvailabilityZone:getAvailabilityZone": fn<aws.GetAvailabilityZoneArgs, aws.GetAvailabilityZoneResult>(
    async ({ name, zoneId }, { ec2 }) => {
      const answer = await ec2.describeAvailabilityZones({
        ...(name && { ZoneNames: [name] }),
        ...(zoneId && { ZoneIds: [zoneId] }),
      });
      const found = must(first(answer.AvailabilityZones), `the zone ${name ?? zoneId}`);
      return {
        id: found.ZoneName,
        name: found.ZoneName,
        zoneId: found.ZoneId,
        region: found.RegionName,
        state: found.State,
        nameSuffix: found.ZoneName?.slice(found.RegionName?.length),
        groupName: found.GroupName ?? found.RegionName,
        zoneType: found.ZoneType ?? "availability-zone",
        optInStatus: found.OptInStatus ?? "opt-in-not-required",
      };
    },
  ),
  "aws:elb/getServiceAccount:getServiceAccount": fn<aws.elb.GetServiceAccountArgs, aws.elb.GetServiceAccountResult>(
    async (_args, { region }) => {
      const id = must(elbAccounts[region], `the load balancers' account in ${region}`);
      return { id, arn: `arn:aws:iam::${id}:root` };
    },
  ),
  "aws:iam/getPolicyDocument:getPolicyDocument": fn<aws.iam.GetPolicyDocumentArgs, aws.iam.GetPolicyDocumentResult>(
    async (args) => {
      const document = compact({
        Version: args.version ?? "2012-10-17",
        Id: args.policyId,
        Statement: args.statements?.map(statement),
      });
      const json = JSON.stringify(document, undefined, 2);
      return { ...args, id: "document", json, minifiedJson: JSON.stringify(document) };
    },
  ),
  "aws:ec2/getVpc:getVpc": fn<aws.ec2.GetVpcArgs, aws.ec2.GetVpcResult>(async (args, { ec2 }) => {
    const Filters = searchOf(args);
    if (args.default) Filters.push({ Name: "is-default", Values: ["true"] });
    const { Vpcs = [] } = await ec2.describeVpcs({ ...(args.id && { VpcIds: [args.id] }), Filters });
    if (Vpcs.length !== 1) throw new Error(`aws:ec2/getVpc: ${Vpcs.length} VPCs match; name exactly one`);
    const found = must(first(Vpcs), "Vpcs");
    return {
      id: found.VpcId,
      cidrBlock: found.CidrBlock,
      default: found.IsDefault,
      state: found.State,
      ownerId: found.OwnerId,
      instanceTenancy: found.InstanceTenancy,
      dhcpOptionsId: found.DhcpOptionsId,
      tags: tagsOf(found.Tags),
    };
  }),
  "aws:ec2/getSubnets:getSubnets": fn<aws.ec2.GetSubnetsArgs, aws.ec2.GetSubnetsResult>(
    async (args, { ec2, region }) => {
      const { Subnets = [] } = await ec2.describeSubnets({ Filters: searchOf(args) });
      return { ...args, id: region, ids: Subnets.map(({ SubnetId }) => SubnetId ?? "").sort() };
    },
  ),
  "aws:ec2/getSubnet:getSubnet": fn<aws.ec2.GetSubnetArgs, aws.ec2.GetSubnetResult>(async (args, { ec2 }) => {
    const { Subnets = [] } = await ec2.describeSubnets({
      ...(args.id && { SubnetIds: [args.id] }),
      Filters: searchOf(args),
    });
    if (Subnets.length !== 1) throw new Error(`aws:ec2/getSubnet: ${Subnets.length} subnets match; name exactly one`);
    const found = must(first(Subnets), "Subnets");
    return {
      id: found.SubnetId,
      arn: found.SubnetArn,
      vpcId: found.VpcId,
      cidrBlock: found.CidrBlock,
      availabilityZone: found.AvailabilityZone,
      availabilityZoneId: found.AvailabilityZoneId,
      availableIpAddressCount: found.AvailableIpAddressCount,
      mapPublicIpOnLaunch: found.MapPublicIpOnLaunch,
      state: found.State,
      ownerId: found.OwnerId,
      tags: tagsOf(found.Tags),
    };
  }),
  "aws:ec2/getPrefixList:getPrefixList": fn<aws.ec2.GetPrefixListArgs, aws.ec2.GetPrefixListResult>(
    async ({ name, prefixListId }, { ec2 }) => {
      const { PrefixLists = [] } = await ec2.describePrefixLists({
        ...(prefixListId && { PrefixListIds: [prefixListId] }),
      });
      const found = must(
        PrefixLists.find(({ PrefixListName }) => !name || PrefixListName === name),
        `the prefix list ${name ?? prefixListId}`,
      );
      return { id: found.PrefixListId, name: found.PrefixListName, cidrBlocks: found.Cidrs ?? [] };
    },
  ),
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": fn<
    aws.ec2.GetManagedPrefixListArgs,
    aws.ec2.GetManagedPrefixListResult
  >(async ({ name, id }, { ec2 }) => {
    const Filters = name ? [{ Name: "prefix-list-name", Values: [name] }] : [];
    const { PrefixLists = [] } = await ec2.describeManagedPrefixLists({ ...(id && { PrefixListIds: [id] }), Filters });
    const found = must(
      PrefixLists.find(({ PrefixListName }) => !name || PrefixListName === name),
      `the prefix list ${name ?? id}`,
    );
    return {
      id: found.PrefixListId,
      name: found.PrefixListName,
      arn: found.PrefixListArn,
      addressFamily: found.AddressFamily ?? "IPv4",
    };
  }),
};
