import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument, type Statement } from "../../policy.ts";

/** A message is tried so often before it is put aside. */
const mostReceives = 5;
const days = 86_400;

/** What tells of executions, and what is put aside because nobody could read it. */
export class StatusQueue extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly deadLetterName: pulumi.Output<string>;
  readonly deadLetterUrl: pulumi.Output<string>;
  readonly deadLetterArn: pulumi.Output<string>;

  constructor(name: string, args: { keyArn: pulumi.Input<string> }, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:StatusQueue", name, {}, options);
    const encrypted = { kmsMasterKeyId: args.keyArn };
    const dead = new aws.sqs.Queue(
      `${name}-dead`,
      { ...encrypted, name: `switchyard-${name}-dead`, messageRetentionSeconds: 14 * days },
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

/** Tells the queue how each execution of the machines ended; what it does not take is put aside. */
export function tellOfExecutions(
  name: string,
  queue: StatusQueue,
  machineArns: readonly pulumi.Input<string>[],
  options: pulumi.ResourceOptions,
): void {
  const rule = new aws.cloudwatch.EventRule(
    `${name}-executions`,
    {
      description: "How executions of the runner's state machines end",
      eventPattern: pulumi.jsonStringify({
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        detail: { stateMachineArn: machineArns, status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] },
      }),
    },
    options,
  );
  const open = (policyName: string, queueUrl: pulumi.Output<string>, arn: pulumi.Output<string>) =>
    new aws.sqs.QueuePolicy(
      policyName,
      { queueUrl, policy: policyDocument(tlsOnly(arn), fromRule(arn, rule.arn)) },
      options,
    );
  const policies = [open(name, queue.url, queue.arn), open(`${name}-dead`, queue.deadLetterUrl, queue.deadLetterArn)];
  new aws.cloudwatch.EventTarget(
    `${name}-executions`,
    { rule: rule.name, arn: queue.arn, deadLetterConfig: { arn: queue.deadLetterArn } },
    { ...options, dependsOn: policies },
  );
}

/** EventBridge may send to the queue for one rule (Amazon EventBridge, "Amazon SQS permissions"). */
function fromRule(queueArn: pulumi.Input<string>, ruleArn: pulumi.Input<string>): Statement {
  return {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
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
