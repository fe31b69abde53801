import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { ec2, vpc } from "@pulumi/aws";
import { type AnyRow, type Context, type In, type Rows, row } from "../../row.ts";
import { first, must, tagRecord } from "../shared.ts";
import { specs, tagging } from "./tags.ts";

interface InlineRule {
  fromPort: number;
  toPort: number;
  protocol: string;
  cidrBlocks?: string[];
  ipv6CidrBlocks?: string[];
  prefixListIds?: string[];
  securityGroups?: string[];
  self?: boolean;
  description?: string;
}
type Direction = "ingress" | "egress";

function permission(rule: InlineRule, own: string): IpPermission {
  const Description = rule.description;
  const groups = [...(rule.securityGroups ?? []), ...(rule.self ? [own] : [])];
  const any = rule.protocol === "-1" || rule.protocol === "all";
  return {
    IpProtocol: any ? "-1" : rule.protocol,
    ...(!any && { FromPort: rule.fromPort, ToPort: rule.toPort }),
    IpRanges: rule.cidrBlocks?.map((CidrIp) => ({ CidrIp, Description })),
    Ipv6Ranges: rule.ipv6CidrBlocks?.map((CidrIpv6) => ({ CidrIpv6, Description })),
    PrefixListIds: rule.prefixListIds?.map((PrefixListId) => ({ PrefixListId, Description })),
    UserIdGroupPairs: groups.map((GroupId) => ({ GroupId, Description })),
  };
}

/** AWS merges sources of one protocol and port range; rules with a description of their own are told apart again. */
function inlineRules(permissions: readonly IpPermission[] | undefined, own: string): InlineRule[] {
  return (permissions ?? []).flatMap((one) => {
    const base = { fromPort: one.FromPort ?? 0, toPort: one.ToPort ?? 0, protocol: one.IpProtocol ?? "-1" };
    const byDescription = new Map<string, InlineRule>();
    const rule = (description = "") => {
      const found = byDescription.get(description) ?? { ...base, ...(description && { description }) };
      byDescription.set(description, found);
      return found;
    };
    const add = (
      key: "cidrBlocks" | "ipv6CidrBlocks" | "prefixListIds" | "securityGroups",
      value: string,
      description?: string,
    ) => {
      const target = rule(description);
      target[key] = [...(target[key] ?? []), value];
    };
    for (const range of one.IpRanges ?? []) add("cidrBlocks", range.CidrIp ?? "", range.Description);
    for (const range of one.Ipv6Ranges ?? []) add("ipv6CidrBlocks", range.CidrIpv6 ?? "", range.Description);
    for (const list of one.PrefixListIds ?? []) add("prefixListIds", list.PrefixListId ?? "", list.Description);
    for (const pair of one.UserIdGroupPairs ?? []) {
      if (pair.GroupId === own) rule(pair.Description).self = true;
      else add("securityGroups", pair.GroupId ?? "", pair.Description);
    }
    return [...byDescription.values()];
  });
}

const describe = async (id: string, { ec2 }: Context) =>
  first((await ec2.describeSecurityGroups({ GroupIds: [id] })).SecurityGroups);

/** Takes away what is there and puts the given rules: simple, and as atomic as the real provider's several calls. */
async function setRules(id: string, direction: Direction, rules: readonly InlineRule[] | undefined, aws: Context) {
  const there = await describe(id, aws);
  const present = direction === "ingress" ? there?.IpPermissions : there?.IpPermissionsEgress;
  const wanted = { GroupId: id, IpPermissions: (rules ?? []).map((rule) => permission(rule, id)) };
  const revoked = { GroupId: id, IpPermissions: present ?? [] };
  if (direction === "ingress") {
    if (present?.length) await aws.ec2.revokeSecurityGroupIngress(revoked);
    if (rules?.length) await aws.ec2.authorizeSecurityGroupIngress(wanted);
  } else {
    if (present?.length) await aws.ec2.revokeSecurityGroupEgress(revoked);
    if (rules?.length) await aws.ec2.authorizeSecurityGroupEgress(wanted);
  }
}

async function readGroup(id: string, aws: Context) {
  const found = await describe(id, aws);
  return (
    found && {
      arn: `arn:aws:ec2:${aws.region}:${found.OwnerId ?? (await aws.account())}:security-group/${id}`,
      ownerId: found.OwnerId,
      name: found.GroupName,
      description: found.Description,
      vpcId: found.VpcId,
      ingress: inlineRules(found.IpPermissions, id),
      egress: inlineRules(found.IpPermissionsEgress, id),
      tagsAll: tagRecord(found.Tags),
    }
  );
}

const securityGroup = row<ec2.SecurityGroupArgs, ec2.SecurityGroup>({
  update: ["ingress", "egress", "revokeRulesOnDelete"],
  replace: ["name", "description", "vpcId"],
  autoName: { key: "name", max: 255 },
  defaults: { description: "Managed by Pulumi", revokeRulesOnDelete: false },
  computed: ["arn", "ownerId", "ingress", "egress", "vpcId"],
  create: async (inputs, aws) => {
    const made = await aws.ec2.createSecurityGroup({
      GroupName: inputs.name,
      Description: inputs.description,
      VpcId: inputs.vpcId,
      TagSpecifications: specs("security-group", aws.tags),
    });
    const id = aws.created(must(made.GroupId, "GroupId"));
    if (inputs.ingress) await setRules(id, "ingress", inputs.ingress as InlineRule[], aws);
    // AWS opens all egress on a new group; the provider takes that away.
    await setRules(id, "egress", inputs.egress as InlineRule[] | undefined, aws);
    return id;
  },
  read: (id, aws) => readGroup(id, aws) as never,
  write: async (id, inputs, aws, { changed }) => {
    if (changed("ingress")) await setRules(id, "ingress", inputs.ingress as InlineRule[] | undefined, aws);
    if (changed("egress")) await setRules(id, "egress", inputs.egress as InlineRule[] | undefined, aws);
  },
  ...tagging,
  delete: async (id, aws, { revokeRulesOnDelete }) => {
    if (revokeRulesOnDelete) await Promise.all([setRules(id, "ingress", [], aws), setRules(id, "egress", [], aws)]);
    await aws.ec2.deleteSecurityGroup({ GroupId: id });
  },
});

/** Adopts the group every VPC has; its rules become exactly the given ones. Deleting leaves the group as it is. */
const defaultSecurityGroup = row<ec2.DefaultSecurityGroupArgs, ec2.DefaultSecurityGroup>({
  update: ["ingress", "egress"],
  replace: ["vpcId"],
  computed: ["arn", "ownerId", "name", "description"],
  create: async (inputs, aws) => {
    const filters = [
      { Name: "group-name", Values: ["default"] },
      { Name: "vpc-id", Values: [inputs.vpcId ?? ""] },
    ];
    const { SecurityGroups } = await aws.ec2.describeSecurityGroups({ Filters: filters });
    const id = must(first(SecurityGroups)?.GroupId, "the default security group");
    await setRules(id, "ingress", inputs.ingress as InlineRule[] | undefined, aws);
    await setRules(id, "egress", inputs.egress as InlineRule[] | undefined, aws);
    if (Object.keys(aws.tags).length > 0) await tagging.tag(id, aws.tags, aws);
    return id;
  },
  read: (id, aws) => readGroup(id, aws) as never,
  write: async (id, inputs, aws, { changed }) => {
    if (changed("ingress")) await setRules(id, "ingress", inputs.ingress as InlineRule[] | undefined, aws);
    if (changed("egress")) await setRules(id, "egress", inputs.egress as InlineRule[] | undefined, aws);
  },
  ...tagging,
  delete: async () => undefined,
});

type RuleArgs = vpc.SecurityGroupIngressRuleArgs;
type RuleInputs = In<RuleArgs>;

function ruleRow(direction: Direction): AnyRow {
  const isEgress = direction === "egress";
  return row<RuleArgs, vpc.SecurityGroupIngressRule>({
    update: [
      "cidrIpv4",
      "cidrIpv6",
      "prefixListId",
      "referencedSecurityGroupId",
      "fromPort",
      "toPort",
      "ipProtocol",
      "description",
    ],
    replace: ["securityGroupId"],
    required: ["securityGroupId", "ipProtocol"],
    computed: ["arn", "securityGroupRuleId"],
    create: async (inputs, { ec2, tags, created }) => {
      const { cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId, description: Description } = inputs;
      const request = {
        GroupId: inputs.securityGroupId,
        IpPermissions: [
          {
            IpProtocol: inputs.ipProtocol,
            ...(inputs.ipProtocol !== "-1" && { FromPort: inputs.fromPort, ToPort: inputs.toPort }),
            ...(cidrIpv4 && { IpRanges: [{ CidrIp: cidrIpv4, Description }] }),
            ...(cidrIpv6 && { Ipv6Ranges: [{ CidrIpv6: cidrIpv6, Description }] }),
            ...(prefixListId && { PrefixListIds: [{ PrefixListId: prefixListId, Description }] }),
            ...(referencedSecurityGroupId && {
              UserIdGroupPairs: [{ GroupId: referencedSecurityGroupId, Description }],
            }),
          },
        ],
        TagSpecifications: specs("security-group-rule", tags),
      };
      const made = isEgress
        ? await ec2.authorizeSecurityGroupEgress(request)
        : await ec2.authorizeSecurityGroupIngress(request);
      const rule = first(made.SecurityGroupRules);
      const id = created(must(rule?.SecurityGroupRuleId, "SecurityGroupRuleId"));
      // moto loses the description of a rule whose source is a group; AWS answers it.
      if (Description && !rule?.Description) await modifyRule(id, inputs, ec2);
      return id;
    },
    read: async (id, aws) => {
      const found = first(
        (await aws.ec2.describeSecurityGroupRules({ SecurityGroupRuleIds: [id] })).SecurityGroupRules,
      );
      return (
        found && {
          ...describedRule(found),
          arn: `arn:aws:ec2:${aws.region}:${await aws.account()}:security-group-rule/${id}`,
        }
      );
    },
    write: async (id, inputs, { ec2 }) => {
      await modifyRule(id, inputs, ec2);
    },
    ...tagging,
    delete: (id, { ec2 }, { securityGroupId }) => {
      const request = { GroupId: securityGroupId, SecurityGroupRuleIds: [id] };
      return isEgress ? ec2.revokeSecurityGroupEgress(request) : ec2.revokeSecurityGroupIngress(request);
    },
  });
}

async function modifyRule(id: string, inputs: RuleInputs, ec2: Context["ec2"]): Promise<void> {
  const anyPort = inputs.ipProtocol === "-1";
  const rule = {
    IpProtocol: inputs.ipProtocol,
    FromPort: anyPort ? -1 : inputs.fromPort,
    ToPort: anyPort ? -1 : inputs.toPort,
    CidrIpv4: inputs.cidrIpv4,
    CidrIpv6: inputs.cidrIpv6,
    PrefixListId: inputs.prefixListId,
    ReferencedGroupId: inputs.referencedSecurityGroupId,
    Description: inputs.description,
  };
  const SecurityGroupRules = [{ SecurityGroupRuleId: id, SecurityGroupRule: rule }];
  await ec2.modifySecurityGroupRules({ GroupId: inputs.securityGroupId, SecurityGroupRules });
}

function describedRule(found: SecurityGroupRule) {
  const port = (value: number | undefined) => (found.IpProtocol === "-1" ? undefined : value);
  return {
    securityGroupRuleId: found.SecurityGroupRuleId,
    securityGroupId: found.GroupId,
    ipProtocol: found.IpProtocol,
    fromPort: port(found.FromPort),
    toPort: port(found.ToPort),
    cidrIpv4: found.CidrIpv4,
    cidrIpv6: found.CidrIpv6,
    prefixListId: found.PrefixListId,
    referencedSecurityGroupId: found.ReferencedGroupInfo?.GroupId,
    description: found.Description,
    tagsAll: tagRecord(found.Tags),
  };
}

export const securityGroupRows: Rows = {
  "aws:ec2/securityGroup:SecurityGroup": securityGroup,
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": defaultSecurityGroup,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleRow("ingress"),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ruleRow("egress"),
};
