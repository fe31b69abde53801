import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument } from "../../policy.ts";
import { longestRetention, tlsOnly } from "./status-queue.ts";

/** What schedules could not start: each message is the input of an execution that there should have been. */
export class ScheduleLetters extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: { keyArn: pulumi.Input<string> }, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:ScheduleLetters", name, {}, options);
    const queue = new aws.sqs.Queue(
      name,
      { name: `switchyard-${name}`, kmsMasterKeyId: args.keyArn, messageRetentionSeconds: longestRetention },
      { parent: this },
    );
    new aws.sqs.QueuePolicy(
      name,
      { queueUrl: queue.url, policy: policyDocument(tlsOnly(queue.arn)) },
      { parent: this },
    );
    this.name = queue.name;
    this.arn = queue.arn;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
