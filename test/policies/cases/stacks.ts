import type { Node } from "../support/evaluate.ts";
import { policy } from "./types.ts";

/** A rule on stacks with one that keeps it, one that breaks it, and one whose values are not known yet. */
export interface StackCase {
  readonly rule: string;
  readonly good: readonly Node[];
  readonly bad: readonly Node[];
  /** Left out where the rule looks at the graph alone, which every preview knows. */
  readonly undecided?: readonly Node[];
  readonly settings?: Record<string, unknown>;
  readonly tags?: Record<string, string>;
}

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
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

const vpc: Node = { type: "aws:ec2/vpc:Vpc", name: "net", props: { id: "vpc-1" } };
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

const component: Node = { type: "switchyard:storage:Bucket", name: "files" };
const bucket: Node = {
  type: "aws:s3/bucket:Bucket",
  name: "bucket",
  props: { bucket: "files" },
  parent: "files",
  protect: true,
};
const provided = (props: Record<string, unknown>): Node => ({
  type: "aws:ecs/cluster:Cluster",
  name: "cluster",
  provider: { name: "main", props },
});
const repository: Node = of("aws:ecr/repository:Repository", "images", { name: "switchyard/web" });

function beside(rule: string, one: Node, other: Node, undecided?: readonly Node[]): StackCase {
  return { rule, good: [one, other], bad: [one], ...(undecided === undefined ? {} : { undecided }) };
}

export const stackCases: readonly StackCase[] = [
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
  beside("vpc-flow-logs", vpc, of("aws:ec2/flowLog:FlowLog", "log", { vpcId: "vpc-1" })),
  beside(
    "default-groups-unused",
    vpc,
    of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "closed", { vpcId: "vpc-1" }),
  ),
  {
    rule: "default-groups-unused",
    good: [of("aws:lambda/function:Function", "f", { vpcConfig: { securityGroupIds: [unknown] } })],
    bad: [of("aws:lambda/function:Function", "f", { vpcConfig: { subnetIds: ["subnet-1"], securityGroupIds: [] } })],
  },
  { rule: "stateful-protected", good: [component, bucket], bad: [component, { ...bucket, protect: false }] },
  {
    rule: "stateful-in-components",
    good: [component, bucket],
    bad: [{ type: bucket.type, name: "alone", protect: true }],
  },
  {
    rule: "provider-scope",
    good: [provided({ region: "us-east-1" })],
    bad: [provided({ region: "eu-west-1" })],
    settings: { regions: ["us-east-1"] },
  },
  {
    rule: "provider-scope",
    good: [provided({ region: "us-east-1", allowedAccountIds: '["123456789012"]' })],
    bad: [provided({ region: "us-east-1", allowedAccountIds: '["210987654321"]' })],
    tags: { "switchyard:account": "123456789012", "switchyard:region": "us-east-1" },
  },
  {
    rule: "provider-names-account",
    good: [provided({ allowedAccountIds: '["123456789012"]' })],
    bad: [provided({ region: "us-east-1" })],
  },
  {
    rule: "services-after-migrations",
    good: [
      { ...database, deps: {} },
      { ...service, deps: {} },
    ],
    bad: [
      { ...database, deps: {} },
      { ...service, deps: {}, ignoreChanges: ["desiredCount"] },
    ],
  },
  {
    rule: "services-after-migrations",
    good: [
      { ...database, deps: {} },
      { type: "aws:lambda/invocation:Invocation", name: "migrate" },
      group("between"),
      { ...service, deps: {}, ignoreChanges: [], dependsOn: ["migrate"] },
    ],
    bad: [
      { ...database, deps: {} },
      { type: "aws:lambda/invocation:Invocation", name: "warm-up" },
      { ...service, deps: {}, ignoreChanges: [], dependsOn: ["warm-up"] },
    ],
  },
  beside(
    "s3-public-access-block",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "b", { bucket: "files" }),
  ),
  beside(
    "s3-policy",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketPolicy:BucketPolicy", "b", { bucket: unknown }, { bucket: ["bucket"] }),
  ),
  beside(
    "s3-ownership",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "b", { bucket: "files" }),
  ),
  beside(
    "s3-access-logged",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketLogging:BucketLogging", "b", { bucket: "files" }),
  ),
  beside(
    "s3-lifecycle",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "b", { bucket: "files" }),
  ),
  beside(
    "ecr-lifecycle",
    repository,
    of("aws:ecr/lifecyclePolicy:LifecyclePolicy", "l", { repository: "switchyard/web" }),
  ),
  beside(
    "secret-rotates",
    secret,
    of("aws:secretsmanager/secretRotation:SecretRotation", "r", { secretId: unknown }, { secretId: ["app"] }),
  ),
  beside(
    "alb-waf",
    { ...balancer, deps: {} },
    of("aws:wafv2/webAclAssociation:WebAclAssociation", "w", { resourceArn: unknown }, { resourceArn: ["alb"] }),
  ),
  beside(
    "events-bus-policy",
    of("aws:cloudwatch/eventBus:EventBus", "bus", { name: "main" }),
    of("aws:cloudwatch/eventBusPolicy:EventBusPolicy", "p", { eventBusName: "main" }),
  ),
  beside(
    "budget-for-every-account",
    of("aws:organizations/account:Account", "production", {}),
    of("aws:budgets/budget:Budget", "b", {}, { costFilters: ["production"] }),
  ),
  beside(
    "vpc-endpoint-ecr-api",
    vpc,
    of("aws:ec2/vpcEndpoint:VpcEndpoint", "e", { vpcId: "vpc-1", serviceName: "com.amazonaws.us-east-1.ecr.api" }),
    [vpc, of("aws:ec2/vpcEndpoint:VpcEndpoint", "e", { vpcId: "vpc-1", serviceName: unknown })],
  ),
  beside(
    "vpc-endpoint-ecr-images",
    vpc,
    of("aws:ec2/vpcEndpoint:VpcEndpoint", "e", { vpcId: "vpc-1", serviceName: "com.amazonaws.us-east-1.ecr.dkr" }),
  ),
];
