import { type ResourceType, type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { given, peek, unknown } from "../unknown.ts";
import { elements, groupsOf, madeFrom, securityGroup, targets } from "./graph.ts";
import { ingressByGroup, onlyFrom } from "./ingress.ts";

const balancer = "aws:lb/loadBalancer:LoadBalancer";
const service = "aws:ecs/service:Service";
const gateway = "aws:ec2/internetGateway:InternetGateway";
const routeTable = "aws:ec2/routeTable:RouteTable";

export const serviceIngress = stackRule([service, balancer, securityGroup], {
  name: "service-ingress",
  subject: service,
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
    const opened = ingressByGroup(stack);
    const allowed = (source: StackResource) => front.has(source);
    for (const group of groups)
      yield* onlyFrom(stack, group, opened.get(group) ?? [], { allowed, whom: "the load balancer" });
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
    subject: "aws:rds/subnetGroup:SubnetGroup",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.46"],
    title: "Database subnets have no way to the internet",
    why: "With a route in place one wrong flag puts the database on the internet.",
    fix: "Put the database into isolated subnets.",
    check: function* (stack): Iterable<StackFinding> {
      if (stack.of("aws:rds/subnetGroup:SubnetGroup").length === 0) return;
      const { exposed, untold } = publicSubnets(stack);
      for (const [resource, property] of untold)
        yield { resource, what: `${property} is not known yet`, undecided: true };
      yield* stack.each("aws:rds/subnetGroup:SubnetGroup", function* (group) {
        const ids = new Set(group.props.subnetIds);
        for (const subnet of exposed) {
          const inGroup = ids.has(peek(subnet.props, "id") as string) || madeFrom(group, "subnetIds").includes(subnet);
          if (inGroup) yield `subnetIds names ${subnet.name}, which has a route to an internet gateway`;
        }
      });
    },
  },
);

type Untold = readonly [resource: StackResource, property: string];

/**
 * Subnets whose route table has a route to an internet gateway, in a route of its own or inline; and the properties of
 * routes and associations whose target is neither known yet nor made from a resource of the stack.
 */
function publicSubnets(stack: StackView<unknown>): {
  readonly exposed: ReadonlySet<StackResource>;
  readonly untold: readonly Untold[];
} {
  const untold: Untold[] = [];
  const follow = <T extends ResourceType>(resource: StackResource, property: string, type: T) => {
    const found = targets(stack, resource, property, type);
    if (found.length === 0 && peek(resource.props, property) === unknown) untold.push([resource, property]);
    return found;
  };
  const leadsOut = (route: StackResource) =>
    given(route.props, "gatewayId") &&
    (follow(route, "gatewayId", gateway).length > 0 || isGateway(peek(route.props, "gatewayId")));
  const inline = stack.of(routeTable).filter((table) => madeFrom(table, "routes").some(({ type }) => type === gateway));
  const routes = stack.of("aws:ec2/route:Route").filter(leadsOut);
  const tables = new Set<StackResource>([
    ...inline,
    ...routes.flatMap((route) => follow(route, "routeTableId", routeTable)),
  ]);
  const links = stack
    .of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    .filter((link) => follow(link, "routeTableId", routeTable).some((table) => tables.has(table)));
  const exposed = new Set(links.flatMap((link) => follow(link, "subnetId", "aws:ec2/subnet:Subnet")));
  return { exposed, untold };
}

function isGateway(id: unknown): boolean {
  return typeof id === "string" && id.startsWith("igw-");
}
