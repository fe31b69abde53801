import { type Domain, type Fault, policy } from "./types.ts";

const logGroup = "aws:cloudwatch/logGroup:LogGroup";
const job = "aws:batch/jobDefinition:JobDefinition";
const machine = "aws:sfn/stateMachine:StateMachine";
const queue = "aws:sqs/queue:Queue";
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

export const delivery: Domain = {
  good: {
    [logGroup]: { props: { retentionInDays: 365, kmsKeyId: "arn" } },
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
    "aws:cloudwatch/metricAlarm:MetricAlarm": { props: { actionsEnabled: true } },
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
    { rule: "logs-retention", type: logGroup, change: { retentionInDays: 0 } },
    { rule: "logs-kept-a-year", type: logGroup, change: { retentionInDays: 30 } },
    { rule: "logs-own-key", type: logGroup, change: { kmsKeyId: undefined } },
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
    build("codebuild-no-plaintext-secrets", {
      environment: { environmentVariables: [{ name: "API_TOKEN", value: "hunter22-canary" }] },
    }),
    build("codebuild-logging", { logsConfig: { cloudwatchLogs: { status: "DISABLED" } } }),
    build("codebuild-not-privileged", { environment: { privilegedMode: true } }),
    build("codebuild-logs-encrypted", { logsConfig: { s3Logs: { status: "ENABLED", encryptionDisabled: true } } }),
    build("codebuild-own-key", { encryptionKey: undefined }),
    { rule: "sns-encrypted", type: "aws:sns/topic:Topic", change: { kmsMasterKeyId: undefined } },
    {
      rule: "alarm-actions-enabled",
      type: "aws:cloudwatch/metricAlarm:MetricAlarm",
      change: { actionsEnabled: false },
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
