import { all, constraint, type Limit, matching, never, type Refuse } from "./limit.ts";

const groups = "Amazon EC2 API reference, CreateSecurityGroup";
const balancers = "Elastic Load Balancing API reference, CreateLoadBalancer";
const targetGroups = "Elastic Load Balancing API reference, CreateTargetGroup";
const securityGroup = "aws:ec2/securityGroup:SecurityGroup";

const firewallText = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/;
const set = "strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";
const groupText = matching(firewallText, `Invalid security group description. Valid descriptions are ${set}`);
const ruleText = matching(firewallText, `Invalid rule description. Valid descriptions are ${set}`);

const ruleOperations = [
  "AuthorizeSecurityGroupIngress",
  "AuthorizeSecurityGroupEgress",
  "UpdateSecurityGroupRuleDescriptionsIngress",
  "UpdateSecurityGroupRuleDescriptionsEgress",
];
const ruleResources = [
  { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", property: "description" },
  { type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", property: "description" },
  { type: "aws:ec2/securityGroupRule:SecurityGroupRule", property: "description" },
  { type: securityGroup, property: "ingress.*.description" },
  { type: securityGroup, property: "egress.*.description" },
];
const ruleDescription = (list: string): Limit => ({
  service: "ec2",
  operations: ruleOperations,
  member: `IpPermissions.*.${list}.*.Description`,
  from: ruleResources,
  page: "Amazon EC2 API reference, AuthorizeSecurityGroupIngress and IpRange",
  code: "InvalidParameterValue",
  refuse: ruleText,
});

function balancerName(what: string): Refuse {
  return all(
    (value) => (value.length > 32 ? `The ${what} name '${value}' cannot be longer than '32' characters` : undefined),
    matching(
      /^[A-Za-z0-9-]+$/,
      (value) =>
        `The ${what} name '${value}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    ),
    never(/^-|-$/, (value) => `The ${what} name '${value}' cannot begin or end with '-'`),
  );
}

export const networkLimits: readonly Limit[] = [
  {
    service: "ec2",
    operations: ["CreateSecurityGroup"],
    member: "GroupDescription",
    from: [{ type: securityGroup, property: "description" }],
    page: groups,
    code: "InvalidParameterValue",
    refuse: all(
      (value) => (value === "" ? "The request must contain the parameter GroupDescription" : undefined),
      groupText,
    ),
  },
  {
    service: "ec2",
    operations: ["CreateSecurityGroup"],
    member: "GroupName",
    from: [{ type: securityGroup, property: "name", auto: true }],
    page: groups,
    code: "InvalidParameterValue",
    refuse: all(
      never(
        /^sg-/i,
        (value) => `Value (${value}) for parameter GroupName is invalid. Group names may not be in the format sg-*`,
      ),
      matching(firewallText, `Invalid security group name. Valid names are ${set}`),
    ),
  },
  ...["Groups", "UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"].map(ruleDescription),
  {
    service: "elasticloadbalancing",
    operations: ["CreateLoadBalancer"],
    member: "Name",
    from: [{ type: "aws:lb/loadBalancer:LoadBalancer", property: "name", auto: true }],
    page: balancers,
    code: "ValidationError",
    refuse: all(
      balancerName("load balancer"),
      never(/^internal-/, (value) => `The load balancer name '${value}' cannot begin with 'internal-'`),
    ),
  },
  {
    service: "elasticloadbalancing",
    operations: ["CreateTargetGroup"],
    member: "Name",
    from: [{ type: "aws:lb/targetGroup:TargetGroup", property: "name", auto: true }],
    page: targetGroups,
    code: "ValidationError",
    refuse: balancerName("target group"),
  },
  {
    service: "elasticloadbalancing",
    operations: ["CreateTargetGroup", "ModifyTargetGroup"],
    member: "HealthCheckPath",
    from: [{ type: "aws:lb/targetGroup:TargetGroup", property: "healthCheck.path" }],
    page: targetGroups,
    code: "ValidationError",
    refuse: all(
      constraint("healthCheckPath", { min: 1, max: 1024 }),
      matching(
        /^\/[!-~]*$/,
        (value) => `Health check path '${value}' must begin with a '/' character and have printable ASCII characters`,
      ),
    ),
  },
  {
    service: "elasticloadbalancing",
    operations: ["CreateRule", "ModifyRule"],
    member: "Conditions.*.PathPatternConfig.Values.*",
    from: [{ type: "aws:lb/listenerRule:ListenerRule", property: "conditions.*.pathPattern.values.*" }],
    page: "User guide for Application Load Balancers, Condition types for listener rules",
    code: "ValidationError",
    refuse: all(
      (value) => (value.length > 128 ? "The 'path-pattern' value is too long; the limit is '128'" : undefined),
      matching(
        /^[A-Za-z0-9_\-.$/~"'@:+&;*?]+$/,
        (value) => `The path pattern '${value}' contains characters that are not allowed`,
      ),
    ),
  },
  {
    service: "elasticloadbalancing",
    operations: ["CreateRule", "ModifyRule"],
    member: "Conditions.*.HttpHeaderConfig.Values.*",
    from: [{ type: "aws:lb/listenerRule:ListenerRule", property: "conditions.*.httpHeader.values.*" }],
    page: "User guide for Application Load Balancers, Condition types for listener rules",
    code: "ValidationError",
    refuse: (value) => (value.length > 128 ? "The 'http-header' value is too long; the limit is '128'" : undefined),
  },
];
