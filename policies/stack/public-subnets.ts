import type { ResourceType, StackResource, StackView } from "../rule.ts";
import { elements, given, peek, unknown } from "../unknown.ts";
import { madeFrom, type References, references } from "./graph.ts";

const gateway = "aws:ec2/internetGateway:InternetGateway";
const routeTable = "aws:ec2/routeTable:RouteTable";
const defaultTable = "aws:ec2/defaultRouteTable:DefaultRouteTable";
const subnet = "aws:ec2/subnet:Subnet";
const vpc = "aws:ec2/vpc:Vpc";

export const routingTypes = [
  subnet,
  vpc,
  "aws:ec2/route:Route",
  routeTable,
  defaultTable,
  "aws:ec2/routeTableAssociation:RouteTableAssociation",
  "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
  gateway,
] as const satisfies readonly ResourceType[];

export interface PublicSubnets {
  /** Subnets whose route table leads to an internet gateway. */
  readonly exposed: ReadonlySet<StackResource>;
  /** Those of which a value not known yet decides. */
  readonly possible: ReadonlySet<StackResource>;
  /** Properties of routes and associations that are not known yet and made from nothing of the stack. */
  readonly untold: readonly (readonly [resource: StackResource, property: string])[];
}

/** Which subnets have a way to the internet: by their own association, or by their network's main route table. */
export function publicSubnets(stack: StackView<unknown>): PublicSubnets {
  const untold: [StackResource, string][] = [];
  const every = exposedBy(stack, ({ certain, possible }) => [...certain, ...possible], untold);
  const exposed = exposedBy(stack, ({ certain }) => certain, []);
  return { exposed, possible: new Set([...every].filter((one) => !exposed.has(one))), untold };
}

type Pick = (found: References) => readonly StackResource[];

function exposedBy(
  stack: StackView<unknown>,
  pick: Pick,
  untold: [StackResource, string][],
): ReadonlySet<StackResource> {
  const follow = (resource: StackResource, property: string, ...types: ResourceType[]) => {
    const found = types.map((type) => references(stack, resource, property, type));
    if (found.every((one) => one.untold)) untold.push([resource, property]);
    return found.flatMap(pick);
  };
  const leadsOut = (route: StackResource) =>
    given(route.props, "gatewayId") &&
    (follow(route, "gatewayId", gateway).length > 0 || isGateway(peek(route.props, "gatewayId")));
  // A route on a network's main table by the network's own output stands for that network.
  const routes = stack
    .of("aws:ec2/route:Route")
    .filter(leadsOut)
    .flatMap((route) => {
      const tables = follow(route, "routeTableId", routeTable, defaultTable, vpc);
      return tables.length > 0 ? tables : mainOf(stack, peek(route.props, "routeTableId"));
    });
  const listed = [...stack.of(routeTable), ...stack.of(defaultTable)];
  for (const table of listed)
    if (peek(table.props, "routes") === unknown && !madeFromGateway(table)) untold.push([table, "routes"]);
  const inline = listed.filter(inlineLeadsOut);
  const tables = new Set<StackResource>([...inline, ...routes]);
  const links = stack.of("aws:ec2/routeTableAssociation:RouteTableAssociation");
  const explicit = links
    .filter((link) => follow(link, "routeTableId", routeTable, defaultTable).some((table) => tables.has(table)))
    .flatMap((link) => follow(link, "subnetId", subnet));
  const linked = new Set(
    links.flatMap((link) => {
      const { certain, possible } = references(stack, link, "subnetId", subnet);
      return [...certain, ...possible] as StackResource[];
    }),
  );
  const networks = networksLeadingOut(stack, tables, follow);
  const implicit = stack
    .of(subnet)
    .filter((one) => !linked.has(one) && follow(one, "vpcId", vpc).some((network) => networks.has(network)));
  return new Set<StackResource>([...explicit, ...implicit]);
}

/** Networks whose main route table leads out. */
function networksLeadingOut(
  stack: StackView<unknown>,
  tables: ReadonlySet<StackResource>,
  follow: (resource: StackResource, property: string, ...types: ResourceType[]) => readonly StackResource[],
): ReadonlySet<StackResource> {
  const main = stack
    .of("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation")
    .filter((link) => follow(link, "routeTableId", routeTable, defaultTable).some((table) => tables.has(table)))
    .flatMap((link) => follow(link, "vpcId", vpc));
  const adopted = stack
    .of(defaultTable)
    .filter((table) => tables.has(table))
    .flatMap((table) => [
      ...madeFrom(table, "defaultRouteTableId").filter(({ type }) => type === vpc),
      ...mainOf(stack, peek(table.props, "defaultRouteTableId")),
    ]);
  return new Set([...[...tables].filter(({ type }) => type === vpc), ...main, ...adopted]);
}

function mainOf(stack: StackView<unknown>, id: unknown): readonly StackResource[] {
  if (typeof id !== "string") return [];
  return stack
    .of(vpc)
    .filter(({ props }) => peek(props, "mainRouteTableId") === id || peek(props, "defaultRouteTableId") === id);
}

function inlineLeadsOut(table: StackResource): boolean {
  const routes = peek(table.props, "routes");
  const made = madeFromGateway(table);
  if (!Array.isArray(routes)) return made;
  return elements(routes).some((route) => {
    const id = route === unknown || route === null ? unknown : peek(route as object, "gatewayId");
    return isGateway(id) || (id === unknown && made);
  });
}

function madeFromGateway(table: StackResource): boolean {
  return madeFrom(table, "routes").some(({ type }) => type === gateway);
}

function isGateway(id: unknown): boolean {
  return typeof id === "string" && id.startsWith("igw-");
}
