import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { given, peek, unknown } from "../unknown.ts";
import { elements, groupsOf, madeFrom, refersTo, securityGroup } from "./graph.ts";
import { onlyFrom } from "./ingress.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const service = "aws:ecs/service:Service";

export const serviceIngress = stackRule([service, balancer, securityGroup], {
  name: "service-ingress",
  level: "mandatory",
  severity: "critical",
  controls: [],
  url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-network.html",
  title: "Services are reached through the load balancer only",
  why: "Another way in goes around TLS, access logs and the weights of a release.",
  fix: "Let in the load balancer's security group, by a rule resource of its own.",
  check: function* (stack): Iterable<StackFinding> {
    const front = new Set(
      stack
        .of(balancer)
        .flatMap((one) => groupsOf(stack, one, "securityGroups", elements(one.props.securityGroups)).groups),
    );
    const groups = new Set<StackResource>();
    for (const one of stack.of(service)) {
      const ids = elements(one.props.networkConfiguration?.securityGroups);
      const found = groupsOf(stack, one, "networkConfiguration", ids);
      if (found.foreign > 0)
        yield { resource: one, what: "networkConfiguration names a group that is not of this stack" };
      for (const group of found.groups) groups.add(group);
    }
    for (const group of groups) yield* onlyFrom(stack, group, (source) => front.has(source), "the load balancer");
  },
});

export const databaseSubnets = stackRule(
  [
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/route:Route",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/internetGateway:InternetGateway",
  ],
  {
    name: "database-subnets-private",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.46"],
    title: "Database subnets have no way to the internet",
    why: "With a route in place one wrong flag puts the database on the internet.",
    fix: "Put the database into isolated subnets.",
    check: (stack) =>
      stack.each("aws:rds/subnetGroup:SubnetGroup", function* (group) {
        const ids = [...group.props.subnetIds];
        const exposed = publicSubnets(stack);
        for (const subnet of stack.of("aws:ec2/subnet:Subnet")) {
          const inGroup =
            ids.includes(peek(subnet.props, "id") as string) || madeFrom(group, "subnetIds").includes(subnet);
          if (inGroup && exposed.has(subnet))
            yield `subnetIds names ${subnet.name}, which has a route to an internet gateway`;
        }
      }),
  },
);

/** Subnets whose route table has a route to an internet gateway, in a route of its own or inline. */
function publicSubnets(stack: StackView<unknown>): ReadonlySet<StackResource> {
  const gateways = stack.of("aws:ec2/internetGateway:InternetGateway");
  const leadsOut = (route: StackResource) =>
    given(route.props, "gatewayId") &&
    (gateways.some((gateway) => refersTo(route, "gatewayId", gateway)) || isGateway(peek(route.props, "gatewayId")));
  const tables = stack
    .of("aws:ec2/routeTable:RouteTable")
    .filter(
      (table) =>
        stack.of("aws:ec2/route:Route").some((route) => refersTo(route, "routeTableId", table) && leadsOut(route)) ||
        madeFrom(table, "routes").some(({ type }) => type === "aws:ec2/internetGateway:InternetGateway"),
    );
  const links = stack.of("aws:ec2/routeTableAssociation:RouteTableAssociation");
  return new Set(
    stack
      .of("aws:ec2/subnet:Subnet")
      .filter((subnet) =>
        links.some(
          (link) => refersTo(link, "subnetId", subnet) && tables.some((table) => refersTo(link, "routeTableId", table)),
        ),
      ),
  );
}

function isGateway(id: unknown): boolean {
  return id !== unknown && typeof id === "string" && id.startsWith("igw-");
}
