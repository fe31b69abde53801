import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { given, peek, unknown } from "../unknown.ts";
import { madeFrom, targets } from "./graph.ts";

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
  { type: "aws:lb/loadBalancer:LoadBalancer", property: "securityGroups", inside: undefined },
  { type: "aws:rds/instance:Instance", property: "vpcSecurityGroupIds", inside: undefined },
  { type: "aws:ecs/service:Service", property: "networkConfiguration", inside: "securityGroups" },
  { type: "aws:lambda/function:Function", property: "vpcConfig", inside: "securityGroupIds" },
  { type: "aws:ec2/instance:Instance", property: "vpcSecurityGroupIds", inside: undefined },
] as const;

export const defaultGroups = stackRule([vpc, closed, ...bearers.map(({ type }) => type)], {
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
      for (const bearer of stack.of(type)) yield* withoutGroup(bearer, property, inside);
    }
  },
});

function* withoutGroup(bearer: StackResource, property: string, inside: string | undefined): Iterable<StackFinding> {
  if (inside !== undefined && !given(bearer.props, property)) return;
  const holder = inside === undefined ? bearer.props : peek(bearer.props, property);
  if (inside !== undefined && holder === unknown) {
    yield { resource: bearer, what: `${property} is not known yet`, undecided: true };
    return;
  }
  const named = typeof holder !== "object" || holder === null || given(holder, inside ?? property);
  const at = inside === undefined ? property : `${property}.${inside}`;
  if (!named) yield { resource: bearer, what: `${at} is empty, so the default group applies` };
  if (madeFrom(bearer, property).some(({ type }) => type === closed))
    yield { resource: bearer, what: `${at} names a default group` };
}
