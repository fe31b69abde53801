import type { Bag } from "../../../../sandbox/provider/values.ts";
import { containers, type Fixtures, trust } from "../fixtures.ts";
import { type Case, policy, pushedImage, resourcePolicy, tags } from "./case.ts";

const service = async (f: Fixtures, rest: Bag = {}) => ({
  cluster: (await f.cluster()).id,
  taskDefinition: (await f.taskDefinition()).state["arn"],
  desiredCount: 0,
  launchType: "FARGATE",
  networkConfiguration: { subnets: await f.subnets(), securityGroups: [await f.securityGroup()] },
  ...rest,
});

async function scalableTarget(f: Fixtures) {
  const made = await f.make("aws:ecs/service:Service", await service(f));
  const cluster = (await f.cluster()).state["name"];
  const resourceId = `service/${cluster}/${made.state["name"]}`;
  return { resourceId, scalableDimension: "ecs:service:DesiredCount", serviceNamespace: "ecs" };
}

const measured = { cloudwatchMetricsEnabled: true, metricName: "any", sampledRequestsEnabled: false };
const managedRules = (overrideAction: Bag) => [
  {
    name: "common",
    priority: 0,
    overrideAction,
    statement: { managedRuleGroupStatement: { vendorName: "AWS", name: "AWSManagedRulesCommonRuleSet" } },
    visibilityConfig: measured,
  },
];
const webAcl = () => ({
  scope: "REGIONAL",
  defaultAction: { allow: {} },
  rules: managedRules({ count: {} }),
  visibilityConfig: measured,
});
const webAclArn = async (f: Fixtures) => (await f.make("aws:wafv2/webAcl:WebAcl", webAcl())).state["arn"];
const redacted = (...names: string[]) => names.map((name) => ({ singleHeader: { name } }));

export const serviceCases: Record<string, Case> = {
  "aws:ecs/cluster:Cluster": {
    inputs: () => ({ settings: [{ name: "containerInsights", value: "enabled" }], ...tags }),
    update: { settings: [{ name: "containerInsights", value: "disabled" }] },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    inputs: async (f) => ({
      clusterName: (await f.make("aws:ecs/cluster:Cluster", {})).state["name"],
      capacityProviders: ["FARGATE"],
    }),
    update: {
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
    },
    replace: { clusterName: "other" },
    remains: true,
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    inputs: async (f) => ({
      family: "round-trip",
      containerDefinitions: containers(),
      cpu: "256",
      memory: "512",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      executionRoleArn: (await f.role("ecs-tasks.amazonaws.com")).state["arn"],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { containerDefinitions: containers("other") },
    outputs: ["arn", "arnWithoutRevision", "revision"],
  },
  "aws:ecs/service:Service": {
    inputs: (f) =>
      service(f, { deploymentCircuitBreaker: { enable: true, rollback: false }, enableExecuteCommand: true, ...tags }),
    update: { deploymentMaximumPercent: 150, enableExecuteCommand: false, tags: { a: "b" } },
    replace: { launchType: "EC2" },
    outputs: ["arn", "name"],
  },
  "aws:appautoscaling/target:Target": {
    inputs: async (f) => ({ ...(await scalableTarget(f)), minCapacity: 1, maxCapacity: 2 }),
    update: { maxCapacity: 4, suspendedState: { dynamicScalingInSuspended: true } },
    replace: { resourceId: "service/other/other" },
  },
  "aws:appautoscaling/policy:Policy": {
    inputs: async (f) => {
      const target = await scalableTarget(f);
      await f.make("aws:appautoscaling/target:Target", { ...target, minCapacity: 1, maxCapacity: 2 });
      const tracking = {
        targetValue: 50,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      };
      return { ...target, policyType: "TargetTrackingScaling", targetTrackingScalingPolicyConfiguration: tracking };
    },
    update: {
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    },
    replace: { resourceId: "service/other/other" },
    outputs: ["arn"],
  },
  "aws:iam/role:Role": {
    inputs: () => ({ assumeRolePolicy: trust("ecs-tasks.amazonaws.com"), description: "one", ...tags }),
    update: {
      assumeRolePolicy: trust("lambda.amazonaws.com"),
      description: "two",
      maxSessionDuration: 7200,
      tags: { a: "b" },
    },
    replace: { path: "/other/" },
    outputs: ["arn", "name", "uniqueId"],
  },
  "aws:iam/rolePolicy:RolePolicy": {
    inputs: async (f) => ({ role: (await f.role("ecs-tasks.amazonaws.com")).id, policy: policy("s3:GetObject") }),
    update: { policy: policy("s3:PutObject") },
    replace: { role: "other" },
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    inputs: async (f) => ({
      role: (await f.role("ecs-tasks.amazonaws.com")).id,
      policyArn: (await f.make("aws:iam/policy:Policy", { policy: policy("s3:GetObject") })).id,
    }),
    replace: { policyArn: "arn:aws:iam::123456789012:policy/other" },
  },
  "aws:iam/policy:Policy": {
    inputs: () => ({ policy: policy("s3:GetObject"), description: "one", ...tags }),
    update: { policy: policy("s3:PutObject") },
    replace: { description: "two" },
    outputs: ["arn", "policyId"],
  },
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
    inputs: () => ({
      url: "https://token.actions.example.com",
      clientIdLists: ["sts.amazonaws.com"],
      thumbprintLists: ["a".repeat(40)],
      ...tags,
    }),
    // moto has no AddClientIDToOpenIDConnectProvider: a change of clientIdLists cannot be played here.
    update: { thumbprintLists: ["b".repeat(40)] },
    replace: { url: "https://other.example.com" },
    outputs: ["arn"],
  },
  "aws:cloudwatch/logGroup:LogGroup": {
    inputs: () => ({ retentionInDays: 7, ...tags }),
    update: { retentionInDays: 30, tags: { a: "b" } },
    replace: { name: "/other" },
    outputs: ["arn", "name"],
  },
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {
    inputs: () => ({ policyName: "round-trip", policyDocument: resourcePolicy("logs:PutLogEvents") }),
    update: { policyDocument: resourcePolicy("logs:CreateLogStream") },
    replace: { policyName: "other" },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    inputs: () => ({
      namespace: "AWS/ApplicationELB",
      metricName: "HTTPCode_Target_5XX_Count",
      statistic: "Sum",
      period: 60,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: "GreaterThanThreshold",
      dimensions: { LoadBalancer: "app/a/b" },
      treatMissingData: "notBreaching",
      ...tags,
    }),
    update: { threshold: 5, dimensions: { LoadBalancer: "app/a/b", TargetGroup: "targetgroup/a/b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
    inputs: () => ({ alarmName: "any", alarmDescription: "one", alarmRule: 'ALARM("a") OR ALARM("b")', ...tags }),
    update: { alarmDescription: "two", alarmRule: 'ALARM("a")', tags: { a: "b" } },
    replace: { alarmName: "other" },
    outputs: ["arn", "alarmName"],
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    inputs: () => ({ dashboardName: "round-trip", dashboardBody: '{"widgets":[]}' }),
    update: { dashboardBody: '{"widgets":[{"type":"text"}]}' },
    replace: { dashboardName: "other" },
    outputs: ["dashboardArn"],
  },
  "aws:cloudwatch/queryDefinition:QueryDefinition": {
    inputs: () => ({ name: "round/trip", queryString: "limit 1", logGroupNames: ["/a"] }),
    update: { queryString: "limit 2", logGroupNames: ["/a", "/b"] },
    outputs: ["queryDefinitionId"],
  },
  "aws:sesv2/configurationSet:ConfigurationSet": {
    inputs: () => ({ configurationSetName: "one-mail", ...tags }),
    update: {
      reputationOptions: { reputationMetricsEnabled: true },
      suppressionOptions: { suppressedReasons: ["BOUNCE"] },
      tags: { a: "b" },
    },
    replace: { configurationSetName: "other-mail" },
    outputs: ["arn"],
  },
  "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": {
    inputs: async (f) => ({
      configurationSetName: (
        await f.make("aws:sesv2/configurationSet:ConfigurationSet", { configurationSetName: "telling-mail" })
      ).id,
      eventDestinationName: "topic",
      eventDestination: {
        ...{ enabled: true, matchingEventTypes: ["BOUNCE"] },
        snsDestination: { topicArn: (await f.make("aws:sns/topic:Topic", {})).id },
      },
    }),
    update: async (f) => ({
      eventDestination: {
        ...{ enabled: true, matchingEventTypes: ["BOUNCE", "COMPLAINT"] },
        snsDestination: { topicArn: (await f.make("aws:sns/topic:Topic", {})).id },
      },
    }),
    replace: { eventDestinationName: "other" },
  },
  "aws:sesv2/emailIdentity:EmailIdentity": {
    inputs: () => ({ emailIdentity: "mail.example.com", ...tags }),
    update: async (f) => ({
      configurationSetName: (
        await f.make("aws:sesv2/configurationSet:ConfigurationSet", { configurationSetName: "of-a-domain" })
      ).id,
      tags: { a: "b" },
    }),
    replace: { emailIdentity: "mail.example.org" },
    outputs: ["arn", "dkimSigningAttributes"],
  },
  "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": {
    inputs: async (f) => ({
      emailIdentity: (await f.make("aws:sesv2/emailIdentity:EmailIdentity", { emailIdentity: "of.example.com" })).id,
      mailFromDomain: "bounce.of.example.com",
      behaviorOnMxFailure: "USE_DEFAULT_VALUE",
    }),
    update: { behaviorOnMxFailure: "REJECT_MESSAGE" },
    replace: { emailIdentity: "other.example.com" },
  },
  "aws:wafv2/webAcl:WebAcl": {
    inputs: () => ({ ...webAcl(), ...tags }),
    update: { rules: managedRules({ none: {} }), tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name", "capacity"],
  },
  "aws:wafv2/webAclAssociation:WebAclAssociation": {
    inputs: async (f) => ({ webAclArn: await webAclArn(f), resourceArn: (await f.loadBalancer()).state["arn"] }),
    replace: { resourceArn: "other" },
  },
  "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {
    inputs: async (f) => ({
      resourceArn: await webAclArn(f),
      logDestinationConfigs: ["arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-any"],
      redactedFields: redacted("authorization"),
    }),
    update: { redactedFields: redacted("authorization", "cookie") },
    replace: { resourceArn: "other" },
  },
  "aws:acm/certificate:Certificate": {
    inputs: () => ({
      domainName: "example.com",
      subjectAlternativeNames: ["www.example.com"],
      validationMethod: "DNS",
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { domainName: "example.org" },
    outputs: ["arn", "domainValidationOptions"],
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    inputs: async (f) => ({
      certificateArn: (
        await f.make("aws:acm/certificate:Certificate", { domainName: "valid.example.com", validationMethod: "DNS" })
      ).id,
    }),
    replace: { certificateArn: "arn:other" },
    remains: true,
  },
  "aws:route53/zone:Zone": {
    inputs: () => ({ name: "zone.example.com", ...tags }),
    update: { comment: "changed", tags: { a: "b" } },
    replace: { name: "other.example.com" },
    outputs: ["zoneId", "nameServers"],
  },
  "aws:route53/record:Record": {
    inputs: async (f) => ({
      zoneId: (await f.make("aws:route53/zone:Zone", { name: "records.example.com" })).id,
      name: "www.records.example.com",
      type: "A",
      ttl: 60,
      records: ["10.0.0.1"],
    }),
    update: { ttl: 30, records: ["10.0.0.2"] },
    replace: { name: "api.records.example.com" },
    outputs: ["fqdn"],
  },
  "aws:sns/topic:Topic": {
    inputs: () => ({ displayName: "one", ...tags }),
    update: { displayName: "two", kmsMasterKeyId: "alias/aws/sns", tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name", "owner"],
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    inputs: async (f) => ({ arn: (await f.make("aws:sns/topic:Topic", {})).id, policy: resourcePolicy("sns:Publish") }),
    update: { policy: resourcePolicy("sns:Subscribe") },
    replace: { arn: "arn:other" },
    remains: true,
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    inputs: async (f) => ({
      topic: (await f.make("aws:sns/topic:Topic", {})).id,
      protocol: "email",
      endpoint: "ops@example.com",
    }),
    replace: { endpoint: "other@example.com" },
    outputs: ["arn"],
  },
  "aws:lambda/function:Function": {
    inputs: async (f) => ({
      packageType: "Image",
      imageUri: await pushedImage(f),
      role: (await f.role("lambda.amazonaws.com")).state["arn"],
      timeout: 10,
      environment: { variables: { ONE: "1", TWO: "2" } },
      ...tags,
    }),
    update: { timeout: 20, environment: { variables: { ONE: "1" } }, tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "invokeArn", "version"],
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": {
    inputs: async (f) => ({
      eventSourceArn: (await f.make("aws:sqs/queue:Queue", {})).state["arn"],
      functionName: (
        await f.make("aws:lambda/function:Function", {
          packageType: "Image",
          imageUri: await pushedImage(f),
          role: (await f.role("lambda.amazonaws.com")).state["arn"],
        })
      ).state["arn"],
      batchSize: 5,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: 2 },
      // Its function is of an image that is no runtime: it is asked nothing.
      enabled: false,
    }),
    update: { batchSize: 1, scalingConfig: { maximumConcurrency: 4 } },
    replace: { functionName: "other" },
    outputs: ["arn", "uuid", "state"],
  },
  "aws:lambda/permission:Permission": {
    inputs: async (f) => ({
      action: "lambda:InvokeFunction",
      principal: "elasticloadbalancing.amazonaws.com",
      function: (
        await f.make("aws:lambda/function:Function", {
          packageType: "Image",
          imageUri: await pushedImage(f),
          role: (await f.role("lambda.amazonaws.com")).state["arn"],
        })
      ).id,
    }),
    replace: { action: "lambda:GetFunction" },
  },
};
