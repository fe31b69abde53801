import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { unknown } from "../unknown.ts";
import { groupReferences, references, securityGroup, targets, valuesOf } from "./graph.ts";
import { ingressOf, onlyFrom } from "./ingress.ts";
import { publicSubnets, routingTypes } from "./public-subnets.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const subnetGroup = "aws:rds/subnetGroup:SubnetGroup";
const subnet = "aws:ec2/subnet:Subnet";
const taskRunners = ["aws:ecs/service:Service", "aws:ecs/taskSet:TaskSet"] as const;

export const serviceIngress = stackRule([...taskRunners, balancer, securityGroup], {
  name: "service-ingress",
  level: "mandatory",
  severity: "critical",
  controls: [],
  url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-network.html",
  title: "Services are reached through the load balancer only",
  why: "Another way in goes around TLS, access logs and the weights of a release.",
  fix: "Let in the load balancer's security group, by a rule resource of its own.",
  check: function* (stack): Iterable<StackFinding> {
    const runners = stack.of(...taskRunners);
    if (runners.length === 0) return;
    const front = new Set<StackResource>(
      stack.of(balancer).flatMap((one) => targets(stack, one, "securityGroups", securityGroup)),
    );
    const groups = new Set<StackResource>();
    for (const one of runners) {
      const { certain, possible, foreign, untold } = groupReferences(stack, one, "networkConfiguration");
      if (untold) yield { resource: one, what: "networkConfiguration is not known yet", undecided: true };
      if (foreign > 0) yield { resource: one, what: "networkConfiguration names a group that is not of this stack" };
      for (const group of [...certain, ...possible]) groups.add(group);
    }
    const { byGroup, untold } = ingressOf(stack);
    const allowed = (source: StackResource) => front.has(source);
    for (const group of groups)
      yield* onlyFrom(stack, group, byGroup.get(group) ?? [], { allowed, whom: "the load balancer" });
    if (groups.size > 0) yield* untold;
  },
});

export const databaseSubnets = stackRule([subnetGroup, ...routingTypes], {
  name: "database-subnets-private",
  subject: subnetGroup,
  level: "mandatory",
  severity: "high",
  controls: ["RDS.46"],
  title: "Database subnets have no way to the internet",
  why: "With a route in place one wrong flag puts the database on the internet.",
  fix: "Put the database into isolated subnets.",
  check: function* (stack): Iterable<StackFinding> {
    if (stack.of(subnetGroup).length === 0) return;
    const { exposed, possible, untold } = publicSubnets(stack);
    for (const [resource, property] of untold)
      yield { resource, what: `${property} is not known yet`, undecided: true };
    for (const group of stack.of(subnetGroup)) yield* namesExposed(stack, group, exposed, possible);
  },
});

function* namesExposed(
  stack: StackView<unknown>,
  group: StackResource,
  exposed: ReadonlySet<StackResource>,
  perhaps: ReadonlySet<StackResource>,
): Iterable<StackFinding> {
  const ids = valuesOf(group, "subnetIds");
  const named = references(stack, group, "subnetIds", subnet, ids);
  const all = named.possible.length > 0 && named.possible.every((one) => exposed.has(one));
  for (const one of [...named.certain, ...(all ? named.possible : [])]) {
    if (exposed.has(one))
      yield { resource: group, what: `subnetIds names ${one.name}, which has a route to an internet gateway` };
  }
  const open = [...named.certain.filter((one) => perhaps.has(one)), ...(all ? [] : named.possible)];
  // Ids that are all known, of subnets without an id to compare, are none the update will tell either.
  const later = ids.includes(unknown) || named.certain.some((one) => perhaps.has(one));
  if (named.untold || (later && open.some((one) => exposed.has(one) || perhaps.has(one))))
    yield { resource: group, what: "subnetIds is not known yet", undecided: true };
}
