import { type Domain, type Fault, policy } from "./types.ts";

const logGroup = "aws:cloudwatch/logGroup:LogGroup";
const jobs = "aws:batch/computeEnvironment:ComputeEnvironment";
const job = "aws:batch/jobDefinition:JobDefinition";
const machine = "aws:sfn/stateMachine:StateMachine";
const queue = "aws:sqs/queue:Queue";
const mailSet = "aws:sesv2/configurationSet:ConfigurationSet";
const mailEvents = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination";
const mailFrom = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes";
const project = "aws:codebuild/project:Project";
const account = { AWS: "arn:aws:iam::123456789012:root" };
const everyone = policy({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" });
const sqsTls = {
  Effect: "Deny",
  Principal: "*",
  Action: "sqs:*",
  Resource: "*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

function build(rule: string, change: Record<string, unknown>): Fault {
  return { rule, type: project, change };
}

const publicly = (assignPublicIp: unknown) => ({
  taskDefinitionArn: "arn",
  networkConfiguration: { subnets: ["subnet-1"], assignPublicIp },
});

const runbook = "Errors. What to do: https://example.com/runbooks/errors.md";

export const delivery: Domain = {
  good: {
    [logGroup]: { props: { retentionInDays: 365, kmsKeyId: "arn" } },
    [jobs]: { props: { type: "MANAGED", computeResources: { type: "FARGATE", subnets: ["subnet-1"] } } },
    [job]: {
      props: {
        type: "container",
        containerProperties: JSON.stringify({ image: "i", environment: [{ name: "REGION", value: "us-east-1" }] }),
      },
    },
    [machine]: { props: { loggingConfiguration: { level: "ALL" }, tracingConfiguration: { enabled: true } } },
    [queue]: {
      props: {
        sqsManagedSseEnabled: true,
        redrivePolicy: "{}",
        policy: policy({ Effect: "Allow", Principal: account, Action: "sqs:SendMessage" }),
      },
    },
    "aws:sqs/queuePolicy:QueuePolicy": {
      props: { policy: policy(sqsTls, { Effect: "Allow", Principal: account, Action: "sqs:SendMessage" }) },
    },
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": {
      props: { policy: policy({ Effect: "Allow", Principal: account, Action: "events:PutEvents" }) },
    },
    "aws:cloudwatch/eventPermission:EventPermission": { props: { principal: "123456789012", statementId: "s" } },
    "aws:cloudwatch/eventTarget:EventTarget": { props: { deadLetterConfig: { arn: "arn" } } },
    "aws:scheduler/schedule:Schedule": {
      props: { target: { arn: "arn", roleArn: "arn", deadLetterConfig: { arn: "arn" } } },
    },
    "aws:codebuild/reportGroup:ReportGroup": {
      props: { type: "TEST", exportConfig: { type: "S3", s3Destination: { bucket: "b", encryptionKey: "k" } } },
    },
    [project]: {
      props: {
        environment: {
          privilegedMode: false,
          environmentVariables: [
            { name: "API_TOKEN", value: "arn:secret", type: "SECRETS_MANAGER" },
            { name: "STAGE", value: "production" },
          ],
        },
        logsConfig: { cloudwatchLogs: { status: "ENABLED" }, s3Logs: { status: "ENABLED", encryptionDisabled: false } },
        encryptionKey: "arn",
      },
    },
    "aws:sns/topic:Topic": { props: { kmsMasterKeyId: "arn" } },
    [mailFrom]: { props: { emailIdentity: "mail.example.com", mailFromDomain: "bounce.mail.example.com" } },
    [mailSet]: {
      props: {
        configurationSetName: "mail",
        reputationOptions: { reputationMetricsEnabled: true },
        suppressionOptions: { suppressedReasons: ["BOUNCE", "COMPLAINT"] },
      },
    },
    [mailEvents]: {
      props: {
        ...{ configurationSetName: "mail", eventDestinationName: "topic" },
        eventDestination: {
          enabled: true,
          matchingEventTypes: ["BOUNCE", "COMPLAINT"],
          snsDestination: { topicArn: "arn" },
        },
      },
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": { props: { actionsEnabled: true, alarmDescription: runbook } },
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
      props: { actionsEnabled: true, alarmRule: 'ALARM("a")', alarmDescription: runbook },
    },
    "aws:cloudwatch/dashboard:Dashboard": { props: { dashboardBody: '{"widgets":[{"type":"text"}]}' } },
    "aws:cloudwatch/queryDefinition:QueryDefinition": { props: { logGroupNames: ["/a"], queryString: "limit 1" } },
    "aws:sns/topicSubscription:TopicSubscription": { props: { protocol: "email", endpoint: "oncall@example.com" } },
    "aws:acm/certificate:Certificate": { props: { domainName: "app.example.com" } },
    "aws:sns/topicPolicy:TopicPolicy": {
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: "*",
        }),
      },
    },
  },
  faults: [
    build("codebuild-source-credentials", {
      source: { type: "GITHUB", location: "https://user:hunter22-canary@github.com/o/n.git" },
    }),
    {
      rule: "started-tasks-private",
      type: "aws:cloudwatch/eventTarget:EventTarget",
      change: { ecsTarget: publicly(true) },
    },
    {
      rule: "started-tasks-private",
      type: "aws:scheduler/schedule:Schedule",
      change: { target: { arn: "arn", roleArn: "arn", ecsParameters: publicly(true) } },
    },
    {
      rule: "started-tasks-private",
      type: job,
      change: { containerProperties: JSON.stringify({ image: "i", ...publicly("ENABLED") }) },
    },
    {
      rule: "codebuild-reports-encrypted",
      type: "aws:codebuild/reportGroup:ReportGroup",
      change: { exportConfig: { type: "S3", s3Destination: { bucket: "b", encryptionDisabled: true } } },
    },
    build("codebuild-artifacts-encrypted", { artifacts: { type: "S3", encryptionDisabled: true } }),
    { rule: "logs-retention", type: logGroup, change: { retentionInDays: 0 } },
    { rule: "logs-kept-a-year", type: logGroup, change: { retentionInDays: 30 } },
    { rule: "logs-own-key", type: logGroup, change: { kmsKeyId: undefined } },
    { rule: "batch-on-fargate", type: jobs, change: { type: "UNMANAGED" } },
    { rule: "batch-on-fargate", type: jobs, change: { computeResources: { type: "EC2" } } },
    { rule: "batch-not-privileged", type: job, change: { containerProperties: JSON.stringify({ privileged: true }) } },
    { rule: "batch-not-privileged", type: job, change: { containerProperties: "not json" } },
    {
      rule: "batch-no-plaintext-secrets",
      type: job,
      change: { containerProperties: JSON.stringify({ environment: [{ name: "TOKEN", value: "hunter22-canary" }] }) },
    },
    { rule: "sfn-logging", type: machine, change: { loggingConfiguration: undefined } },
    { rule: "sfn-traced", type: machine, change: { tracingConfiguration: undefined } },
    { rule: "sqs-encrypted", type: queue, change: { sqsManagedSseEnabled: false } },
    { rule: "sqs-not-public", type: queue, change: { policy: everyone } },
    { rule: "sqs-not-public", type: "aws:sqs/queuePolicy:QueuePolicy", change: { policy: everyone } },
    { rule: "sqs-dead-letters", type: queue, change: { redrivePolicy: undefined } },
    {
      rule: "sqs-tls-only",
      type: "aws:sqs/queuePolicy:QueuePolicy",
      change: { policy: policy({ Effect: "Allow", Principal: account, Action: "sqs:SendMessage" }) },
    },
    { rule: "events-bus-not-open", type: "aws:cloudwatch/eventBusPolicy:EventBusPolicy", change: { policy: everyone } },
    { rule: "events-bus-not-open", type: "aws:cloudwatch/eventPermission:EventPermission", change: { principal: "*" } },
    {
      rule: "events-target-dead-letters",
      type: "aws:cloudwatch/eventTarget:EventTarget",
      change: { deadLetterConfig: undefined },
    },
    {
      rule: "schedule-dead-letters",
      type: "aws:scheduler/schedule:Schedule",
      change: { target: { arn: "arn", roleArn: "arn" } },
    },
    {
      rule: "task-inputs-no-plaintext-secrets",
      type: "aws:cloudwatch/eventTarget:EventTarget",
      change: {
        input: JSON.stringify({ containerOverrides: [{ environment: [{ name: "DB_PASSWORD", value: "hunter22" }] }] }),
      },
    },
    build("codebuild-no-plaintext-secrets", {
      environment: { environmentVariables: [{ name: "API_TOKEN", value: "hunter22-canary" }] },
    }),
    build("codebuild-logging", { logsConfig: { cloudwatchLogs: { status: "DISABLED" } } }),
    build("codebuild-not-privileged", { environment: { privilegedMode: true } }),
    build("codebuild-logs-encrypted", { logsConfig: { s3Logs: { status: "ENABLED", encryptionDisabled: true } } }),
    build("codebuild-own-key", { encryptionKey: undefined }),
    { rule: "mail-bounces-below-domain", type: mailFrom, change: { mailFromDomain: "bounce.example.org" } },
    { rule: "mail-bounces-below-domain", type: mailFrom, change: { mailFromDomain: undefined } },
    { rule: "mail-reputation-counted", type: mailSet, change: { reputationOptions: undefined } },
    {
      rule: "mail-reputation-counted",
      type: mailSet,
      change: { reputationOptions: { reputationMetricsEnabled: false } },
    },
    { rule: "mail-suppressed", type: mailSet, change: { suppressionOptions: undefined } },
    { rule: "mail-suppressed", type: mailSet, change: { suppressionOptions: { suppressedReasons: ["BOUNCE"] } } },
    {
      rule: "mail-events-told",
      type: mailEvents,
      change: { eventDestination: { enabled: false, matchingEventTypes: ["BOUNCE", "COMPLAINT"] } },
    },
    {
      rule: "mail-events-told",
      type: mailEvents,
      change: { eventDestination: { enabled: true, matchingEventTypes: ["BOUNCE", "SEND"] } },
    },
    { rule: "sns-encrypted", type: "aws:sns/topic:Topic", change: { kmsMasterKeyId: undefined } },
    {
      rule: "alarm-actions-enabled",
      type: "aws:cloudwatch/metricAlarm:MetricAlarm",
      change: { actionsEnabled: false },
    },
    {
      rule: "alarm-actions-enabled",
      type: "aws:cloudwatch/compositeAlarm:CompositeAlarm",
      change: { actionsEnabled: false },
    },
    {
      rule: "alarm-leads-to-runbook",
      type: "aws:cloudwatch/metricAlarm:MetricAlarm",
      change: { alarmDescription: "Something is wrong" },
    },
    {
      rule: "alarm-leads-to-runbook",
      type: "aws:cloudwatch/compositeAlarm:CompositeAlarm",
      change: { alarmDescription: "See http://example.com" },
    },
    {
      rule: "dashboard-shows-something",
      type: "aws:cloudwatch/dashboard:Dashboard",
      change: { dashboardBody: '{"widgets":[]}' },
    },
    {
      rule: "saved-query-names-its-logs",
      type: "aws:cloudwatch/queryDefinition:QueryDefinition",
      change: { logGroupNames: [] },
    },
    {
      rule: "sns-subscription-encrypted",
      type: "aws:sns/topicSubscription:TopicSubscription",
      change: { protocol: "http" },
    },
    { rule: "acm-no-wildcard", type: "aws:acm/certificate:Certificate", change: { domainName: "*.example.com" } },
    { rule: "sns-not-public", type: "aws:sns/topicPolicy:TopicPolicy", change: { policy: everyone } },
  ],
};
