import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument, type Statement } from "../../policy.ts";
import type { Rule } from "./rules.ts";

/** A message is tried so often before it is put aside. */
const mostReceives = 5;
/** Seconds. */
const days = 86_400;
/** The most there is (Amazon SQS API, SetQueueAttributes), seconds: who looks after what was put aside may be away. */
export const longestRetention = 14 * days;

/** What tells of executions, images and alarms, and what is put aside because nobody could read it. */
export class StatusQueue extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly deadLetterName: pulumi.Output<string>;
  readonly deadLetterUrl: pulumi.Output<string>;
  readonly deadLetterArn: pulumi.Output<string>;

  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:StatusQueue", name, {}, options);
    // By SQS's own key: the policy of another would have to let EventBridge use it for whichever account, as it cannot be held to
    // one where it sends to what is encrypted (Amazon SNS, "Key management").
    const encrypted = { sqsManagedSseEnabled: true };
    const dead = new aws.sqs.Queue(
      `${name}-dead`,
      { ...encrypted, name: `switchyard-${name}-dead`, messageRetentionSeconds: longestRetention },
      { parent: this },
    );
    const queue = new aws.sqs.Queue(
      name,
      {
        ...encrypted,
        name: `switchyard-${name}`,
        messageRetentionSeconds: 4 * days,
        visibilityTimeoutSeconds: 180,
        redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: mostReceives }),
      },
      { parent: this },
    );
    this.name = queue.name;
    this.deadLetterName = dead.name;
    this.url = queue.url;
    this.arn = queue.arn;
    this.deadLetterUrl = dead.url;
    this.deadLetterArn = dead.arn;
    this.registerOutputs({
      url: this.url,
      arn: this.arn,
      deadLetterUrl: this.deadLetterUrl,
      deadLetterArn: this.deadLetterArn,
    });
  }
}

/** Tells the queue of what the rules match; what it does not take is put aside. No other rule may send to it. */
export function tellOf(
  name: string,
  queue: StatusQueue,
  rules: readonly Rule[],
  options: pulumi.ResourceOptions,
): void {
  const made = rules.map(({ suffix, description, pattern }) => ({
    suffix,
    rule: new aws.cloudwatch.EventRule(
      `${name}-${suffix}`,
      { description, eventPattern: pulumi.jsonStringify(pattern) },
      options,
    ),
  }));
  const arns = made.map(({ rule }) => rule.arn);
  const open = (policyName: string, queueUrl: pulumi.Output<string>, arn: pulumi.Output<string>) =>
    new aws.sqs.QueuePolicy(
      policyName,
      { queueUrl, policy: policyDocument(tlsOnly(arn), fromRules(arn, arns)) },
      options,
    );
  const policies = [open(name, queue.url, queue.arn), open(`${name}-dead`, queue.deadLetterUrl, queue.deadLetterArn)];
  for (const { suffix, rule } of made)
    new aws.cloudwatch.EventTarget(
      `${name}-${suffix}`,
      { rule: rule.name, arn: queue.arn, deadLetterConfig: { arn: queue.deadLetterArn } },
      { ...options, dependsOn: policies },
    );
}

/** EventBridge may send to the queue for these rules (Amazon EventBridge, "Amazon SQS permissions"). */
function fromRules(queueArn: pulumi.Input<string>, ruleArns: readonly pulumi.Input<string>[]): Statement {
  return {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": [...ruleArns] } },
  };
}

/** Denies every principal and action; a wildcard that can only take away. */
export function tlsOnly(queueArn: pulumi.Input<string>): Statement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "sqs:*",
    Resource: queueArn,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
