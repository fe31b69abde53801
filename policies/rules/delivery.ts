import { readDocument } from "@switchyard/iam/document.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { given } from "../unknown.ts";
import { everyJobContainer } from "./batch-containers.ts";
import { privilegesOf } from "./containers.ts";
import { secretsIn } from "./plaintext.ts";
import { documentOf, lettingStrangersIn, strangerIn } from "./resource-documents.ts";

const logGroup = "aws:cloudwatch/logGroup:LogGroup";
const machine = "aws:sfn/stateMachine:StateMachine";
const queue = "aws:sqs/queue:Queue";

export const deliveryRules = [
  resourceRule(logGroup, {
    name: "logs-retention",
    level: "mandatory",
    severity: "medium",
    controls: ["CKV_AWS_66"],
    title: "Log groups say how long they keep",
    why: "Kept for ever, logs cost more every month and hold what should be forgotten.",
    fix: "Set retentionInDays.",
    check: ({ retentionInDays }) => ((retentionInDays ?? 0) > 0 ? undefined : "retentionInDays is not set"),
  }),
  resourceRule(logGroup, {
    name: "logs-kept-a-year",
    level: "advisory",
    severity: "low",
    controls: ["CloudWatch.16", "CKV_AWS_338"],
    title: "Logs are kept for a year",
    why: "Break-ins are found months later.",
    fix: "Set retentionInDays to 365 or more.",
    settings: { minimumDays: setting.integer(365, "Shortest retention, in days") },
    check: ({ retentionInDays }, { settings }) =>
      (retentionInDays ?? Number.POSITIVE_INFINITY) >= settings.minimumDays
        ? undefined
        : "retentionInDays is shorter than the configured minimum",
  }),
  resourceRule(logGroup, {
    name: "logs-own-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_158"],
    title: "Logs are encrypted with a key of the platform",
    why: "Logs hold more than anybody meant to write.",
    fix: "Set kmsKeyId.",
    check: (group) => (given(group, "kmsKeyId") ? undefined : "kmsKeyId is missing"),
  }),
  resourceRule("aws:batch/computeEnvironment:ComputeEnvironment", {
    name: "batch-on-fargate",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/batch/latest/userguide/fargate.html",
    title: "Jobs run on no machine of the account's own",
    why: "Jobs of different rights share such a machine, its role and its metadata.",
    fix: "Set type to MANAGED and computeResources.type to FARGATE.",
    check: function* ({ type, computeResources }) {
      if (type.toUpperCase() !== "MANAGED") yield "type is not MANAGED";
      else if (!/^FARGATE(_SPOT)?$/i.test(computeResources?.type ?? "")) yield "computeResources.type is not FARGATE";
    },
  }),
  resourceRule("aws:batch/jobDefinition:JobDefinition", {
    name: "batch-not-privileged",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_210"],
    title: "Jobs run without the host's privileges",
    why: "A privileged container is root on the machine under it.",
    fix: "Leave privileged, pidMode and ipcMode out, and add no capabilities.",
    check: everyJobContainer(function* (container) {
      const what = privilegesOf(container);
      if (what !== undefined) yield `${container.at} ${what}`;
      for (const shared of container.sharedWithHost) yield `${container.at} has ${shared} host`;
    }),
  }),
  resourceRule("aws:batch/jobDefinition:JobDefinition", {
    name: "batch-no-plaintext-secrets",
    level: "mandatory",
    severity: "critical",
    controls: ["AWS-0036"],
    title: "No job is given a secret in plain text",
    why: "Job definitions are readable to many, never forgotten, and kept in state and plans.",
    fix: "Keep the value in Secrets Manager and name it in the container's secrets.",
    check: everyJobContainer(secretsIn),
  }),
  resourceRule(machine, {
    name: "sfn-logging",
    level: "mandatory",
    severity: "medium",
    controls: ["StepFunctions.1", "CKV_AWS_285"],
    title: "State machines log their executions",
    why: "A failed release is understood from what each step was given.",
    fix: "Set loggingConfiguration with a level other than OFF and a log group.",
    check: ({ loggingConfiguration }) =>
      (loggingConfiguration?.level ?? "OFF") === "OFF" ? "loggingConfiguration.level is OFF" : undefined,
  }),
  resourceRule(machine, {
    name: "sfn-traced",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_284"],
    title: "State machines are traced",
    why: "A trace joins what several services logged about one execution.",
    fix: "Set tracingConfiguration.enabled to true.",
    check: ({ tracingConfiguration }) =>
      tracingConfiguration?.enabled === true ? undefined : "tracingConfiguration.enabled is not true",
  }),
  resourceRule(queue, {
    name: "sqs-encrypted",
    level: "mandatory",
    severity: "medium",
    controls: ["SQS.1", "CKV_AWS_27"],
    title: "Queues are encrypted at rest",
    why: "Messages hold what the systems tell each other.",
    fix: "Set kmsMasterKeyId, or leave sqsManagedSseEnabled on.",
    check: (one) =>
      !given(one, "kmsMasterKeyId") && (one.sqsManagedSseEnabled === false || one.kmsMasterKeyId === "")
        ? "encryption is switched off"
        : undefined,
  }),
  resourceRule(["aws:sqs/queuePolicy:QueuePolicy", queue], {
    name: "sqs-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["SQS.3", "CKV_AWS_168"],
    title: "Queues are not open to everyone",
    why: "Anyone could read the messages, or put commands among them.",
    fix: "Name the principals in policy, or narrow the statement to a source.",
    check: (props) => lettingStrangersIn(props),
  }),
  resourceRule(queue, {
    name: "sqs-dead-letters",
    level: "advisory",
    severity: "low",
    controls: ["AwsSolutions-SQS3"],
    title: "Queues set aside the messages nobody can handle",
    why: "A poisonous message otherwise comes back until it is dropped.",
    fix: "Set redrivePolicy.",
    check: (one, { name }) =>
      "redrivePolicy" in one || /dead|dlq/i.test(name) ? undefined : "redrivePolicy is missing",
  }),
  resourceRule("aws:sqs/queuePolicy:QueuePolicy", {
    name: "sqs-tls-only",
    level: "advisory",
    severity: "low",
    controls: ["AwsSolutions-SQS4"],
    title: "Queues refuse requests without TLS",
    why: "Messages otherwise cross the network in plain text.",
    fix: "Deny sqs:* to everyone where aws:SecureTransport is false.",
    check: ({ policy }) =>
      readDocument(policy).statements.some(
        ({ allow, conditions }) => !allow && conditions.some(({ key }) => /^aws:SecureTransport$/i.test(key)),
      )
        ? undefined
        : "policy does not deny requests without TLS",
  }),
  resourceRule(["aws:cloudwatch/eventBusPolicy:EventBusPolicy", "aws:cloudwatch/eventPermission:EventPermission"], {
    name: "events-bus-not-open",
    level: "mandatory",
    severity: "critical",
    controls: ["AwsSolutions-EVB1"],
    title: "Event buses take events from known accounts",
    why: "An event from anyone starts whatever the rules start.",
    fix: "Name the account in principal, or the organization in a condition.",
    check: function* (one) {
      yield* lettingStrangersIn(one);
      if (!("principal" in one)) return;
      const { key = "", value, type = "" } = one.condition ?? {};
      const document = documentOf({
        principal: one.principal,
        action: one.action ?? "events:PutEvents",
        conditions: key === "" ? [] : [[type, key, value]],
      });
      const who = strangerIn(document, document.statement);
      if (who !== undefined) yield `principal is everyone: it lets in ${who}`;
    },
  }),
  resourceRule("aws:cloudwatch/eventTarget:EventTarget", {
    name: "events-target-dead-letters",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
    title: "Events a target could not be given are kept",
    why: "After a day of retries EventBridge drops them in silence.",
    fix: "Set deadLetterConfig.arn.",
    check: ({ deadLetterConfig }) => (deadLetterConfig === undefined ? "deadLetterConfig is missing" : undefined),
  }),
  resourceRule("aws:scheduler/schedule:Schedule", {
    name: "schedule-dead-letters",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html",
    title: "Schedules keep the calls they could not make",
    why: "A clean-up that silently stopped is found on the bill.",
    fix: "Set target.deadLetterConfig.arn.",
    check: ({ target }) => (target.deadLetterConfig === undefined ? "target.deadLetterConfig is missing" : undefined),
  }),
  resourceRule("aws:sns/topic:Topic", {
    name: "sns-encrypted",
    level: "advisory",
    severity: "low",
    controls: ["SNS.1", "CKV_AWS_26"],
    title: "Topics are encrypted at rest",
    why: "Alarms and messages name what is broken.",
    fix: "Set kmsMasterKeyId.",
    check: (one) => (given(one, "kmsMasterKeyId") ? undefined : "kmsMasterKeyId is missing"),
  }),
  resourceRule(["aws:sns/topicPolicy:TopicPolicy", "aws:sns/topic:Topic"], {
    name: "sns-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["SNS.4", "CKV_AWS_169"],
    title: "Topics are not open to everyone",
    why: "Anyone could publish to whoever listens, or listen themselves.",
    fix: "Name the principals in policy, or narrow the statement to a source.",
    check: (props) => lettingStrangersIn(props),
  }),
];
