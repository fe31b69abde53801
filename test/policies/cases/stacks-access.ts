import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import { group, ingress, of, service, taskOf } from "./stacks-nodes.ts";
import type { StackCase } from "./types.ts";

const database: Node = {
  type: "aws:rds/instance:Instance",
  name: "db",
  props: { vpcSecurityGroupIds: [unknown] },
  deps: { vpcSecurityGroupIds: ["db-group"] },
};
const api: Node = { type: "switchyard:service:Service", name: "api", props: { needs: ["database"] } };
const apiService: Node = { ...group("api-service", { id: "sg-api" }), parent: "api" };
const fromApi = ingress(
  "api-in",
  { referencedSecurityGroupId: unknown },
  { securityGroupId: ["db-group"], referencedSecurityGroupId: ["api-service"] },
);
const subnet = of("aws:ec2/subnet:Subnet", "inner", { id: "subnet-1" });
const table = of("aws:ec2/routeTable:RouteTable", "table", { id: "rtb-1" });
const link = of("aws:ec2/routeTableAssociation:RouteTableAssociation", "link", {
  subnetId: "subnet-1",
  routeTableId: "rtb-1",
});
const subnetGroup = (id: string) => of("aws:rds/subnetGroup:SubnetGroup", "group", { subnetIds: [id] });
const route = (props: Record<string, unknown>) =>
  of("aws:ec2/route:Route", "route", { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0", ...props });
const jobs: Node = {
  ...service,
  deps: { networkConfiguration: ["jobs-group"], taskDefinition: ["task"] },
  props: { networkConfiguration: { securityGroups: ["sg-jobs"] } },
};
const fromJobs = ingress(
  "jobs-in",
  { referencedSecurityGroupId: "sg-jobs" },
  { securityGroupId: ["db-group"], referencedSecurityGroupId: ["jobs-group"] },
);
const out = { gatewayId: "igw-1" };
const network = of("aws:ec2/vpc:Vpc", "net", { id: "vpc-1", mainRouteTableId: "rtb-main" });
const ofNetwork = of("aws:ec2/subnet:Subnet", "inner", { id: "subnet-1", vpcId: "vpc-1" });
const mainLink = of("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation", "main", {
  vpcId: "vpc-1",
  routeTableId: "rtb-1",
});
const twoSubnets = [subnet, of("aws:ec2/subnet:Subnet", "outer", { id: "subnet-2" })];
/** As an output of awsx's network gives them: made from every subnet. */
const wideGroup = (subnetIds: readonly string[]) =>
  of("aws:rds/subnetGroup:SubnetGroup", "group", { subnetIds }, { subnetIds: ["inner", "outer"] });

/** Rules on who reaches a database, and by what way. */
export const accessCases: readonly StackCase[] = [
  {
    rule: "database-reachability",
    good: [database, group("db-group"), api, apiService, fromApi],
    bad: [
      database,
      group("db-group"),
      group("web-service"),
      ingress(
        "in",
        { referencedSecurityGroupId: unknown },
        { securityGroupId: ["db-group"], referencedSecurityGroupId: ["web-service"] },
      ),
    ],
    undecided: [{ ...database, props: { vpcSecurityGroupIds: unknown } }, group("db-group")],
  },
  {
    rule: "database-reachability",
    good: [database, group("db-group", { ingress: [{ securityGroups: ["sg-api"] }] }), api, apiService],
    bad: [
      database,
      { ...group("db-group", { ingress: [{ securityGroups: ["sg-api"] }] }), deps: { ingress: [] } },
      api,
      apiService,
    ],
  },
  {
    rule: "database-reachability",
    good: [{ ...database, props: { vpcSecurityGroupIds: ["sg-9"] }, deps: {} }, group("db-group", { id: "sg-9" })],
    bad: [
      { ...database, props: { vpcSecurityGroupIds: ["sg-elsewhere"] }, deps: {} },
      group("db-group", { id: "sg-9" }),
    ],
  },
  {
    rule: "database-reachability",
    good: [database, group("db-group"), api, apiService, fromApi],
    bad: [
      database,
      group("db-group"),
      api,
      apiService,
      { ...fromApi, deps: { securityGroupId: ["db-group"], referencedSecurityGroupId: ["api-service", "db"] } },
    ],
  },
  {
    rule: "database-reachability",
    good: [
      database,
      group("db-group"),
      group("jobs-group", { id: "sg-jobs" }),
      taskOf("[]", { deps: { containerDefinitions: ["db"] } }),
      jobs,
      fromJobs,
    ],
    bad: [
      database,
      group("db-group"),
      group("jobs-group", { id: "sg-jobs" }),
      taskOf("[]", { deps: {} }),
      jobs,
      fromJobs,
    ],
  },
  {
    rule: "database-reachability",
    good: [{ ...database, type: "aws:rds/cluster:Cluster" }, group("db-group")],
    bad: [
      { ...database, type: "aws:rds/cluster:Cluster" },
      group("db-group"),
      ingress("open", { cidrIpv4: "0.0.0.0/0" }, { securityGroupId: ["db-group"] }),
    ],
    undecided: [{ ...database, type: "aws:rds/cluster:Cluster" }, group("db-group"), ingress("untold", {}, {})],
  },
  {
    rule: "database-subnets-private",
    good: [subnetGroup("subnet-1"), subnet, table, link, route({ natGatewayId: "nat-1" })],
    bad: [subnetGroup("subnet-1"), subnet, table, link, route({ gatewayId: "igw-1" })],
    undecided: [subnetGroup(unknown), subnet, table, link, route({ gatewayId: "igw-1" })],
  },
  {
    rule: "database-subnets-private",
    good: [subnetGroup("subnet-1"), subnet, { ...table, props: { id: "rtb-1", routes: [] } }, link],
    bad: [
      subnetGroup("subnet-1"),
      subnet,
      { ...table, props: { id: "rtb-1", routes: [{ gatewayId: "igw-1" }] } },
      link,
    ],
  },
  {
    rule: "database-subnets-private",
    good: [subnetGroup("subnet-1"), ofNetwork, network, table, link, route({ routeTableId: "rtb-main", ...out })],
    bad: [subnetGroup("subnet-1"), ofNetwork, network, route({ routeTableId: "rtb-main", ...out })],
  },
  {
    rule: "database-subnets-private",
    good: [subnetGroup("subnet-1"), ofNetwork, network, table, mainLink, route({ natGatewayId: "nat-1" })],
    bad: [subnetGroup("subnet-1"), ofNetwork, network, table, mainLink, route(out)],
  },
  {
    rule: "database-subnets-private",
    good: [wideGroup(["subnet-1"]), ...twoSubnets, link, table, route(out)].map((one) =>
      one === link ? { ...link, props: { ...link.props, subnetId: "subnet-2" } } : one,
    ),
    bad: [wideGroup(["subnet-1"]), ...twoSubnets, link, table, route(out)],
    undecided: [wideGroup([unknown]), ...twoSubnets, link, table, route(out)],
  },
];
