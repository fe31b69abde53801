import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import { group, ingress, service } from "./stacks-nodes.ts";
import type { StackCase } from "./types.ts";

const balancer: Node = {
  type: "aws:lb/loadBalancer:LoadBalancer",
  name: "alb",
  props: { securityGroups: [unknown] },
  deps: { securityGroups: ["alb-group"] },
};
const fromAlb = ingress(
  "web-in",
  { referencedSecurityGroupId: unknown },
  { securityGroupId: ["web-group"], referencedSecurityGroupId: ["alb-group"] },
);
const targets = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:lb/targetGroup:TargetGroup",
  name,
  props: { port: 80, healthCheck: { path: "/" }, ...props },
});
const forward = (weights: unknown): Record<string, unknown> => ({
  actions: [{ type: "forward", forward: { targetGroups: weights } }],
});
const listenerRule = (props: Record<string, unknown>): Node => ({
  type: "aws:lb/listenerRule:ListenerRule",
  name: "rule",
  props,
  deps: { actions: ["blue", "green"] },
  ignoreChanges: ["actions"],
});
const both = [
  { arn: unknown, weight: 100 },
  { arn: unknown, weight: 0 },
];
/** A colour that keeps the check it was proven with. */
const ownCheck = (name: string, path: string): Node => ({
  ...targets(name, { healthCheck: { path } }),
  ignoreChanges: ["healthCheck", "deregistrationDelay", "stickiness"],
});
/** A production rule as it is made: open to nobody until its service is proven. */
const closedRule: Node = {
  ...listenerRule({
    ...forward(both),
    conditions: [{ pathPattern: { values: ["/*"] } }, { sourceIp: { values: ["192.0.2.1/32"] } }],
  }),
  ignoreChanges: ["actions", "conditions", "priority"],
};
/** Under the second name of a type, and by what is not an ECS service. */
const olderBalancer: Node = { ...balancer, type: "aws:alb/loadBalancer:LoadBalancer" };
const taskSet: Node = {
  type: "aws:ecs/taskSet:TaskSet",
  name: "set",
  props: { networkConfiguration: { securityGroups: [unknown] } },
  deps: { networkConfiguration: ["web-group"] },
};
const fromAnywhere = ingress("open", { cidrIpv4: "0.0.0.0/0" }, { securityGroupId: ["web-group"] });
const ingressCases: readonly StackCase[] = [
  {
    rule: "service-ingress",
    good: [
      olderBalancer,
      group("alb-group"),
      { ...service, deps: { networkConfiguration: ["web-group"] } },
      group("web-group"),
      fromAlb,
    ],
    bad: [olderBalancer, group("alb-group"), taskSet, group("web-group"), fromAnywhere],
  },
];

/** Rules on weights, and on the way in to a service. */
export const trafficCases: readonly StackCase[] = [
  {
    rule: "blue-green",
    good: [ownCheck("blue", "/"), ownCheck("green", "/healthz"), closedRule],
    bad: [ownCheck("blue", "/"), ownCheck("green", "/healthz"), { ...closedRule, ignoreChanges: ["conditions"] }],
  },
  {
    rule: "blue-green",
    good: [targets("alone")],
    bad: [{ ...targets("alone"), ignoreChanges: ["healthCheck"] }],
  },
  {
    rule: "blue-green",
    good: [targets("blue"), targets("green"), listenerRule(forward(both))],
    bad: [{ ...targets("blue"), ignoreChanges: ["port"] }, targets("green"), listenerRule(forward(both))],
  },
  {
    rule: "blue-green",
    good: [targets("blue"), targets("green"), listenerRule(forward(both))],
    bad: [targets("blue"), targets("green", { port: 81 }), listenerRule(forward(both))],
    undecided: [targets("blue"), targets("green"), listenerRule({ actions: unknown })],
  },
  {
    rule: "blue-green",
    good: [
      targets("blue"),
      targets("green"),
      listenerRule(
        forward([
          { arn: unknown, weight: 37 },
          { arn: unknown, weight: 63 },
        ]),
      ),
    ],
    bad: [
      targets("blue"),
      targets("green"),
      listenerRule(
        forward([
          { arn: unknown, weight: 37.5 },
          { arn: unknown, weight: 62.5 },
        ]),
      ),
    ],
  },
  {
    rule: "blue-green",
    good: [listenerRule({ actions: [{ type: "redirect" }] })].map((one) => ({ ...one, deps: {}, ignoreChanges: [] })),
    bad: [listenerRule({ actions: [{ type: "redirect" }] })].map((one) => ({ ...one, deps: {} })),
  },
  ...ingressCases,
  {
    rule: "service-ingress",
    good: [
      balancer,
      group("alb-group"),
      { ...service, deps: { networkConfiguration: ["web-group"] } },
      group("web-group"),
      fromAlb,
    ],
    bad: [
      balancer,
      group("alb-group"),
      { ...service, deps: { networkConfiguration: ["web-group"] } },
      group("web-group"),
      ingress("open", { cidrIpv4: "10.0.0.0/8" }, { securityGroupId: ["web-group"] }),
    ],
    undecided: [balancer, group("alb-group"), { ...service, props: { networkConfiguration: unknown }, deps: {} }],
  },
];
