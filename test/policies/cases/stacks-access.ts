import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import { policy, type StackCase } from "./types.ts";

const issuer = "token.actions.githubusercontent.com";
const group = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:ec2/securityGroup:SecurityGroup",
  name,
  props,
});
const ingress = (name: string, props: Record<string, unknown>, deps: Node["deps"]): Node => ({
  type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  name,
  props: { securityGroupId: unknown, ...props },
  ...(deps === undefined ? {} : { deps }),
});
const database: Node = {
  type: "aws:rds/instance:Instance",
  name: "db",
  props: { vpcSecurityGroupIds: [unknown] },
  deps: { vpcSecurityGroupIds: ["db-group"] },
};
const apiService = group("api-service");
const fromApi = ingress(
  "api-in",
  { referencedSecurityGroupId: unknown },
  { securityGroupId: ["db-group"], referencedSecurityGroupId: ["api-service"] },
);

const service: Node = {
  type: "aws:ecs/service:Service",
  name: "web-blue",
  props: { networkConfiguration: { securityGroups: [unknown] } },
  deps: { networkConfiguration: ["web-group"], loadBalancers: ["blue"] },
  ignoreChanges: ["taskDefinition", "desiredCount"],
};
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

const secret: Node = {
  type: "aws:secretsmanager/secret:Secret",
  name: "app",
  props: { arn: "arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf" },
};
const otherSecret: Node = { type: "aws:secretsmanager/secret:Secret", name: "other", props: { arn: unknown } };
const definitions = (valueFrom: string) => JSON.stringify([{ name: "web", secrets: [{ name: "TOKEN", valueFrom }] }]);
const taskOf = (containerDefinitions: string, extra: Partial<Node> = {}): Node => ({
  type: "aws:ecs/taskDefinition:TaskDefinition",
  name: "task",
  props: { containerDefinitions, executionRoleArn: unknown, taskRoleArn: unknown },
  deps: { executionRoleArn: ["execution"], taskRoleArn: ["own"], containerDefinitions: ["app"] },
  ...extra,
});
const role = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:iam/role:Role",
  name,
  props: { name, ...props },
});
const execution: Node = {
  type: "aws:iam/rolePolicy:RolePolicy",
  name: "execution-policy",
  props: {
    role: "execution",
    policy: policy({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "arn:a" }),
  },
  deps: { role: ["execution"], policy: ["app"] },
};

const pullRequests = policy({
  Effect: "Allow",
  Principal: { Federated: `arn:aws:iam::1:oidc-provider/${issuer}` },
  Action: "sts:AssumeRoleWithWebIdentity",
  Condition: {
    StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: "repo:example/switchyard:pull_request" },
  },
});
const planPolicy = (...statements: Record<string, unknown>[]): Node => ({
  type: "aws:iam/rolePolicy:RolePolicy",
  name: "plan-policy",
  props: { role: "plan", policy: policy(...statements) },
  deps: { role: ["plan"] },
});
const reads = { Effect: "Allow", Action: ["s3:GetObject", "ec2:Describe*"], Resource: "arn:aws:s3:::state/*" };
const locks = {
  Effect: "Allow",
  Action: ["s3:PutObject", "s3:DeleteObject"],
  Resource: "arn:aws:s3:::state/.pulumi/locks/*",
};

const of = (type: string, name: string, props: Record<string, unknown>, deps: Node["deps"] = {}): Node => ({
  type,
  name,
  props,
  deps,
});
const subnet = of("aws:ec2/subnet:Subnet", "inner", { id: "subnet-1" });
const table = of("aws:ec2/routeTable:RouteTable", "table", { id: "rtb-1" });
const link = of("aws:ec2/routeTableAssociation:RouteTableAssociation", "link", {
  subnetId: "subnet-1",
  routeTableId: "rtb-1",
});
const subnetGroup = (id: string) => of("aws:rds/subnetGroup:SubnetGroup", "group", { subnetIds: [id] });
const route = (props: Record<string, unknown>) =>
  of("aws:ec2/route:Route", "route", { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0", ...props });

/** Rules on who reaches what, on weights, and on roles. */
export const accessCases: readonly StackCase[] = [
  {
    rule: "database-reachability",
    good: [database, group("db-group"), apiService, fromApi],
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
    good: [database, group("db-group", { ingress: [{ securityGroups: ["sg-1"] }] })],
    bad: [database, { ...group("db-group", { ingress: [{ securityGroups: ["sg-1"] }] }), deps: { ingress: [] } }],
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
    good: [database, group("db-group"), apiService, fromApi],
    bad: [
      database,
      group("db-group"),
      apiService,
      { ...fromApi, deps: { securityGroupId: ["db-group"], referencedSecurityGroupId: ["api-service", "db"] } },
    ],
  },
  {
    rule: "database-subnets-private",
    good: [subnetGroup("subnet-1"), subnet, table, link, route({ natGatewayId: "nat-1" })],
    bad: [subnetGroup("subnet-1"), subnet, table, link, route({ gatewayId: "igw-1" })],
    undecided: [subnetGroup(unknown), subnet, table, link, route({ gatewayId: "igw-1" })],
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
  {
    rule: "secrets-of-this-stack",
    good: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf:token::")),
    ],
    bad: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:aws:secretsmanager:us-east-1:1:secret:foreign-AbCdEf")),
    ],
    undecided: [secret, role("execution"), role("own"), taskOf(unknown)],
  },
  {
    rule: "oidc-pull-requests-read-only",
    good: [role("plan", { assumeRolePolicy: pullRequests }), planPolicy(reads, locks)],
    bad: [
      role("plan", { assumeRolePolicy: pullRequests }),
      planPolicy(reads, { ...locks, Resource: "arn:aws:s3:::state/*" }),
    ],
    undecided: [role("plan", { assumeRolePolicy: unknown })],
  },
  {
    rule: "execution-role-scope",
    good: [secret, otherSecret, role("execution"), role("own"), taskOf(definitions("arn:a")), execution],
    bad: [
      secret,
      otherSecret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      { ...execution, deps: { role: ["execution"], policy: ["app", "other"] } },
    ],
    undecided: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      { ...execution, props: { role: "execution", policy: unknown } },
    ],
  },
  {
    rule: "execution-role-scope",
    good: [secret, role("execution"), role("own"), taskOf(definitions("arn:a")), execution],
    bad: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      {
        ...execution,
        props: { role: "execution", policy: policy({ Effect: "Allow", Action: "secretsmanager:*", Resource: "*" }) },
      },
    ],
  },
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
