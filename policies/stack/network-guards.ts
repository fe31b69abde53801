import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { elements, given, peek, unknown } from "../unknown.ts";
import { madeFrom, references, securityGroup, targets, valuesOf } from "./graph.ts";

const vpc = "aws:ec2/vpc:Vpc";
const closed = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup";

export const flowLogs = stackRule([vpc, "aws:ec2/flowLog:FlowLog"], {
  name: "vpc-flow-logs",
  subject: vpc,
  level: "mandatory",
  severity: "medium",
  controls: ["EC2.6", "CKV2_AWS_11"],
  title: "Every network has a flow log",
  why: "Without one nobody can say afterwards who talked to whom.",
  fix: "Create a FlowLog with the network's vpcId.",
  check: function* (stack): Iterable<StackFinding> {
    const logged = new Set(stack.of("aws:ec2/flowLog:FlowLog").flatMap((log) => targets(stack, log, "vpcId", vpc)));
    for (const network of stack.of(vpc)) {
      if (!logged.has(network)) yield { resource: network, what: "the network has no flow log" };
    }
  },
});

/** Where each type names its security groups; without one AWS takes the network's default group. */
const bearers = [
  { type: "aws:rds/cluster:Cluster", property: "vpcSecurityGroupIds", inside: undefined },
  { type: "aws:lb/loadBalancer:LoadBalancer", property: "securityGroups", inside: undefined },
  { type: "aws:rds/instance:Instance", property: "vpcSecurityGroupIds", inside: undefined },
  { type: "aws:ecs/service:Service", property: "networkConfiguration", inside: "securityGroups" },
  { type: "aws:lambda/function:Function", property: "vpcConfig", inside: "securityGroupIds" },
  { type: "aws:ec2/instance:Instance", property: "vpcSecurityGroupIds", inside: undefined },
  { type: "aws:ec2/networkInterface:NetworkInterface", property: "securityGroups", inside: undefined },
] as const;

const ruleTypes = [
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
] as const;

export const defaultGroups = stackRule([vpc, closed, ...bearers.map(({ type }) => type), ...ruleTypes], {
  name: "default-groups-unused",
  level: "mandatory",
  severity: "high",
  controls: ["EC2.2", "CKV2_AWS_12"],
  title: "The default security group is closed, and nothing uses it",
  why: "What has no group of its own shares one with everything else that has none.",
  fix: "Create a DefaultSecurityGroup without rules for each network, and name a security group on each resource.",
  check: function* (stack): Iterable<StackFinding> {
    const guarded = new Set(stack.of(closed).flatMap((group) => targets(stack, group, "vpcId", vpc)));
    for (const network of stack.of(vpc)) {
      if (!guarded.has(network)) yield { resource: network, what: "the network's default group is not closed" };
    }
    for (const { type, property, inside } of bearers) {
      for (const bearer of stack.of(type)) if (!needsNone(bearer)) yield* withoutGroup(stack, bearer, property, inside);
    }
    for (const type of ruleTypes) {
      for (const rule of stack.of(type) as readonly StackResource[]) {
        if (namesDefault(stack, rule, "securityGroupId", valuesOf(rule, "securityGroupId")))
          yield { resource: rule, what: "securityGroupId is a default group, which should have no rules" };
        else if (isUntold(rule, "securityGroupId", peek(rule.props, "securityGroupId")))
          yield { resource: rule, what: "securityGroupId is not known yet", undecided: true };
      }
    }
  },
});

/** A network or gateway balancer may have no group at all; a copy of a cluster has the cluster's. */
function needsNone({ type, props }: StackResource): boolean {
  if (type !== "aws:lb/loadBalancer:LoadBalancer") return false;
  const kind = peek(props, "loadBalancerType");
  return (kind === "network" || kind === "gateway") && !given(props, "securityGroups");
}

/** Not known yet, and made from nothing that could tell. */
function isUntold(resource: StackResource, property: string, value: unknown): boolean {
  return value === unknown && madeFrom(resource, property).length === 0;
}

/** Whether one of a property's values is the default group of a network, by its id or by what it was made from. */
function namesDefault(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  ids: readonly unknown[],
): boolean {
  const { certain, possible } = references(stack, resource, property, closed, ids);
  if (certain.length + possible.length > 0) return true;
  const known = ids.filter((id) => typeof id === "string");
  if (stack.of(vpc).some(({ props }) => known.some((id) => id === peek(props, "defaultSecurityGroupId")))) return true;
  const made = madeFrom(resource, property);
  const groups = made.filter(({ type }) => type === securityGroup).length;
  return ids.filter((id) => id === unknown).length > groups && made.some(({ type }) => type === vpc);
}

function* withoutGroup(
  stack: StackView<unknown>,
  bearer: StackResource,
  property: string,
  inside: string | undefined,
): Iterable<StackFinding> {
  if (inside !== undefined && !given(bearer.props, property)) return;
  const holder = inside === undefined ? bearer.props : peek(bearer.props, property);
  if (inside !== undefined && holder === unknown) {
    yield { resource: bearer, what: `${property} is not known yet`, undecided: true };
    return;
  }
  const named = typeof holder !== "object" || holder === null || given(holder, inside ?? property);
  const at = inside === undefined ? property : `${property}.${inside}`;
  if (!named) yield { resource: bearer, what: `${at} is empty, so the default group applies` };
  const list = typeof holder === "object" && holder !== null ? peek(holder, inside ?? property) : undefined;
  if (isUntold(bearer, property, list)) yield { resource: bearer, what: `${at} is not known yet`, undecided: true };
  const ids = Array.isArray(list) ? elements(list) : [];
  if (namesDefault(stack, bearer, property, ids)) yield { resource: bearer, what: `${at} names a default group` };
}
