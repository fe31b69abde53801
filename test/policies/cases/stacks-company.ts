import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import type { StackCase } from "./types.ts";

const group = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:ec2/securityGroup:SecurityGroup",
  name,
  props,
});
const database: Node = {
  type: "aws:rds/instance:Instance",
  name: "db",
  props: { vpcSecurityGroupIds: [unknown] },
  deps: { vpcSecurityGroupIds: ["db-group"] },
};
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
const secret: Node = {
  type: "aws:secretsmanager/secret:Secret",
  name: "app",
  props: { arn: "arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf" },
};
const vpc: Node = { type: "aws:ec2/vpc:Vpc", name: "net", props: { id: "vpc-1" } };
const of = (type: string, name: string, props: Record<string, unknown>, deps: Node["deps"] = {}): Node => ({
  type,
  name,
  props,
  deps,
});
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

/** Rules on networks, on what holds data, and on what must come with something else. */
export const companyCases: readonly StackCase[] = [
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
