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
const guarded = [
  { ...vpc, props: { id: "vpc-1", defaultSecurityGroupId: "sg-default" } },
  of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "closed", { vpcId: "vpc-1", id: "sg-default" }),
];
const ssh = (cidrIpv4: string): Node => ({
  ...of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ssh", {
    ...{ securityGroupId: "sg-1", ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIpv4 },
  }),
  ignoreChanges: ["cidrIpv4"],
});
const onGroup = (securityGroupId: string) =>
  of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule", { securityGroupId, cidrIpv4: "10.0.0.0/8" });
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

/** So many service control policies attached to one unit. */
const attachedTo = (targetId: string, many: number): readonly Node[] =>
  Array.from({ length: many }, (_, index) =>
    of("aws:organizations/policyAttachment:PolicyAttachment", `a${index}`, { policyId: `p-${index}`, targetId }),
  );

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
  {
    rule: "default-groups-unused",
    good: [of("aws:lb/loadBalancer:LoadBalancer", "l", { loadBalancerType: "gateway" })],
    bad: [of("aws:rds/cluster:Cluster", "c", { engine: "aurora-postgresql" })],
  },
  {
    rule: "default-groups-unused",
    good: [of("aws:lb/loadBalancer:LoadBalancer", "l", { loadBalancerType: "network" })],
    bad: [of("aws:lb/loadBalancer:LoadBalancer", "l", { loadBalancerType: "application" })],
  },
  {
    rule: "default-groups-unused",
    good: [...guarded, of("aws:ec2/instance:Instance", "i", { vpcSecurityGroupIds: ["sg-own"] })],
    bad: [...guarded, of("aws:ec2/instance:Instance", "i", { vpcSecurityGroupIds: ["sg-default"] })],
  },
  {
    rule: "default-groups-unused",
    good: [of("aws:ec2/networkInterface:NetworkInterface", "n", { subnetId: "subnet-1", securityGroups: ["sg-own"] })],
    bad: [of("aws:ec2/networkInterface:NetworkInterface", "n", { subnetId: "subnet-1" })],
  },
  {
    rule: "default-groups-unused",
    good: [...guarded, group("own", { id: "sg-own" }), onGroup("sg-own")],
    bad: [...guarded, onGroup("sg-default")],
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
  {
    rule: "ignored-changes-judged",
    good: [
      ssh("10.0.0.0/16"),
      { ...ssh("0.0.0.0/0"), ignoreChanges: [] },
      { ...ssh("0.0.0.0/0"), ignoreChanges: ["description"] },
    ],
    bad: [ssh("0.0.0.0/0")],
  },
  beside(
    "s3-policy",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketPolicy:BucketPolicy", "b", { bucket: unknown }, { bucket: ["bucket"] }),
  ),
  beside(
    "s3-versioning",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketVersioning:BucketVersioning", "b", { bucket: "files" }),
  ),
  beside(
    "s3-encryption",
    { ...bucket, parent: undefined as never },
    of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "b", {
      bucket: "files",
    }),
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
    "waf-logged",
    of("aws:wafv2/webAcl:WebAcl", "acl", { arn: "arn:aws:wafv2:us-east-1:1:regional/webacl/acl/1" }),
    of("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "log", {
      resourceArn: "arn:aws:wafv2:us-east-1:1:regional/webacl/acl/1",
    }),
  ),
  beside(
    "cdn-logged",
    of("aws:cloudfront/distribution:Distribution", "cdn", { arn: "arn:aws:cloudfront::1:distribution/E1" }),
    of("aws:cloudwatch/logDeliverySource:LogDeliverySource", "log", {
      resourceArn: "arn:aws:cloudfront::1:distribution/E1",
    }),
  ),
  beside(
    "mail-own-bounces",
    of("aws:sesv2/emailIdentity:EmailIdentity", "mail", { emailIdentity: "mail.example.com" }),
    of("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes", "bounces", {
      emailIdentity: "mail.example.com",
    }),
  ),
  beside(
    "mail-sets-tell",
    of("aws:sesv2/configurationSet:ConfigurationSet", "set", { configurationSetName: "mail" }),
    of("aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination", "topic", {
      configurationSetName: "mail",
    }),
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
  {
    rule: "budget-for-every-account",
    // Once the account is there, its budget names it by its id.
    good: [
      of("aws:organizations/account:Account", "production", { id: "111122223333" }),
      of("aws:budgets/budget:Budget", "b", { costFilters: [{ name: "LinkedAccount", values: ["111122223333"] }] }),
    ],
    bad: [
      of("aws:organizations/account:Account", "production", { id: "111122223333" }),
      of("aws:budgets/budget:Budget", "b", { costFilters: [{ name: "LinkedAccount", values: ["444455556666"] }] }),
    ],
  },
  beside(
    "account-security-contact",
    of("aws:organizations/account:Account", "production", { id: "111122223333" }),
    of("aws:account/alternativeContact:AlternativeContact", "c", {
      ...{ accountId: "111122223333", alternateContactType: "SECURITY" },
    }),
  ),
  {
    rule: "organization-policies-attached",
    good: attachedTo("ou-1", 4),
    bad: attachedTo("ou-1", 5),
  },
  {
    rule: "provider-scope",
    good: [
      provided({
        allowedAccountIds: '["210987654321"]',
        assumeRoles: '[{"roleArn":"arn:aws:iam::210987654321:role/OrganizationAccountAccessRole"}]',
      }),
    ],
    bad: [
      provided({
        allowedAccountIds: '["210987654321"]',
        assumeRoles: '[{"roleArn":"arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"}]',
      }),
    ],
    tags: { "switchyard:account": "123456789012" },
  },
  {
    rule: "provider-scope",
    good: [provided({ allowedAccountIds: unknown, assumeRoles: unknown })],
    bad: [provided({ assumeRoles: unknown })],
    tags: { "switchyard:account": "123456789012" },
  },
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
