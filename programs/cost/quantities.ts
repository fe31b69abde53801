/** What each type of resource is paid for. */

import type { ServiceConfig } from "../service-config.ts";
import type { Assumptions } from "./assumed.ts";
import type { PriceName } from "./catalogue.ts";

/** A resource as an estimate sees it: of a state, a plan or a program. */
export interface Priced {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A service and how many tasks of it run; no resource says that, because the driver decides it. */
export const serviceType = "switchyard:service:Service";

export interface Quantity {
  readonly price: PriceName;
  readonly amount: number;
}

type Of = (inputs: Priced["inputs"], assumed: Assumptions, name: string) => readonly Quantity[];

/** The one function that is no environment's (programs/components/runner/notifier.ts). */
export const isNotifier = (name: string) => name.endsWith("-notifier");

const number = (value: unknown, otherwise: number) => (Number.isFinite(Number(value)) ? Number(value) : otherwise);

/** A service as an estimate sees it: the tasks of its live colour, since the idle one runs for a release and a while after. */
export function pricedInputs({ desiredCount, cpu, memory, architecture, tracing }: ServiceConfig): Priced["inputs"] {
  return { tasks: desiredCount, cpu, memory, architecture, traced: tracing };
}

export const balancerType = "aws:lb/loadBalancer:LoadBalancer";

/** Where a network's zones are not known at all: as many as the smaller tier has. */
const fewestZones = 2;
const mbPerGb = 1024;

export const quantities: Readonly<Record<string, Of>> = {
  [serviceType]: ({ tasks, cpu, memory, architecture, traced }, { hours, thousandTraces }) => {
    const kind = architecture === "X86_64" ? "x86" : "arm";
    return [
      { price: `fargate-${kind}-vcpu`, amount: (number(cpu, 0) / 1024) * number(tasks, 0) * hours },
      { price: `fargate-${kind}-gb`, amount: (number(memory, 0) / mbPerGb) * number(tasks, 0) * hours },
      ...(traced === true ? [{ price: "xray-trace", amount: thousandTraces * 1000 } as const] : []),
    ];
  },
  [balancerType]: ({ subnets }, { hours, lcuHundredths, egressGb }) => [
    { price: "alb-hour", amount: hours },
    { price: "alb-lcu", amount: (lcuHundredths / 100) * hours },
    { price: "public-ipv4", amount: (Array.isArray(subnets) ? subnets.length : fewestZones) * hours },
    { price: "egress-gb", amount: egressGb },
  ],
  "aws:ec2/natGateway:NatGateway": (_, { hours, natGb }) => [
    { price: "nat-hour", amount: hours },
    { price: "nat-gb", amount: natGb },
  ],
  "aws:ec2/eip:Eip": (_, { hours }) => [{ price: "public-ipv4", amount: hours }],
  "aws:rds/instance:Instance": ({ instanceClass, multiAz, allocatedStorage, manageMasterUserPassword }, { hours }) => {
    const zones = multiAz === true ? "multi" : "single";
    return [
      { price: `rds/${String(instanceClass)}/${zones}`, amount: hours },
      { price: `rds-gp3/${zones}`, amount: number(allocatedStorage, 0) },
      ...(manageMasterUserPassword === true ? [{ price: "secret-month", amount: 1 } as const] : []),
    ];
  },
  "aws:secretsmanager/secret:Secret": () => [{ price: "secret-month", amount: 1 }],
  "aws:kms/key:Key": () => [{ price: "key-month", amount: 1 }],
  "aws:cloudwatch/logGroup:LogGroup": (_, { logGb }) => [
    { price: "logs-gb", amount: logGb },
    { price: "logs-kept", amount: logGb },
  ],
  "aws:cloudwatch/metricAlarm:MetricAlarm": () => [{ price: "alarm-month", amount: 1 }],
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": () => [{ price: "composite-alarm-month", amount: 1 }],
  "aws:cloudwatch/dashboard:Dashboard": () => [{ price: "dashboard-month", amount: 1 }],
  "aws:sns/topic:Topic": (_, { topicMessages }) => [{ price: "topic-request", amount: topicMessages }],
  "aws:sns/topicSubscription:TopicSubscription": ({ protocol }, { topicMessages }) =>
    protocol === "email" ? [{ price: "topic-mail", amount: topicMessages }] : [],
  "aws:sesv2/emailIdentity:EmailIdentity": (_, { thousandMails }) => [{ price: "mail", amount: thousandMails * 1000 }],
  "aws:codebuild/project:Project": ({ environment }, { buildMinutes }) => {
    const arm = (environment as { readonly type?: unknown } | undefined)?.type === "ARM_CONTAINER";
    return [{ price: arm ? "build-minute-arm" : "build-minute-x86", amount: buildMinutes }];
  },
  "aws:sfn/stateMachine:StateMachine": (_, { thousandTransitions }) => [
    { price: "transition", amount: thousandTransitions * 1000 },
  ],
  "aws:wafv2/webAcl:WebAcl": ({ rules }, { wafMillionRequests }) => [
    { price: "web-acl-month", amount: 1 },
    { price: "waf-rule-month", amount: Array.isArray(rules) ? rules.length : 0 },
    { price: "waf-request", amount: wafMillionRequests * 1_000_000 },
  ],
  "aws:cloudfront/distribution:Distribution": (_, { cdnGb, cdnMillionRequests }) => [
    { price: "cdn-gb", amount: cdnGb },
    { price: "cdn-request", amount: cdnMillionRequests * 1_000_000 },
  ],
  "aws:s3/bucket:Bucket": (_, { storedGb }) => [{ price: "s3-gb", amount: storedGb }],
  "aws:lambda/function:Function": ({ memorySize, architectures }, { migrationSeconds, notifierSeconds }, name) => {
    const arm = Array.isArray(architectures) && architectures[0] === "arm64";
    const seconds = isNotifier(name) ? notifierSeconds : migrationSeconds;
    return [{ price: arm ? "lambda-arm" : "lambda-x86", amount: (number(memorySize, 128) / mbPerGb) * seconds }];
  },
};

/** Nothing is paid for having these; AWS's pricing pages name what uses them. */
export const free: ReadonlySet<string> = new Set([
  "aws:acm/certificate:Certificate",
  "aws:acm/certificateValidation:CertificateValidation",
  "aws:appautoscaling/policy:Policy",
  "aws:appautoscaling/target:Target",
  "aws:batch/computeEnvironment:ComputeEnvironment",
  "aws:batch/jobQueue:JobQueue",
  "aws:cloudfront/originAccessControl:OriginAccessControl",
  "aws:cloudwatch/eventTarget:EventTarget",
  // To a bucket, which is paid for what it keeps.
  "aws:cloudwatch/logDelivery:LogDelivery",
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
  "aws:cloudwatch/logDeliverySource:LogDeliverySource",
  "aws:cloudwatch/queryDefinition:QueryDefinition",
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
  "aws:ec2/internetGateway:InternetGateway",
  "aws:ec2/route:Route",
  "aws:ec2/routeTable:RouteTable",
  "aws:ec2/routeTableAssociation:RouteTableAssociation",
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  // Of the gateway kind, for S3: the only one there is here.
  "aws:ec2/vpcEndpoint:VpcEndpoint",
  "aws:ecs/service:Service",
  "aws:ecs/taskDefinition:TaskDefinition",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:kms/alias:Alias",
  "aws:lb/listener:Listener",
  "aws:lb/listenerCertificate:ListenerCertificate",
  "aws:lb/listenerRule:ListenerRule",
  "aws:lb/targetGroup:TargetGroup",
  "aws:lambda/eventSourceMapping:EventSourceMapping",
  "aws:rds/parameterGroup:ParameterGroup",
  "aws:rds/subnetGroup:SubnetGroup",
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
  "aws:s3/bucketPolicy:BucketPolicy",
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:scheduler/scheduleGroup:ScheduleGroup",
  "aws:secretsmanager/secretVersion:SecretVersion",
  "aws:sesv2/configurationSet:ConfigurationSet",
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
  "aws:sns/topicPolicy:TopicPolicy",
  "aws:sqs/queuePolicy:QueuePolicy",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "aws:wafv2/webAclAssociation:WebAclAssociation",
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
]);
