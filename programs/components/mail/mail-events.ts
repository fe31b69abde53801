import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument } from "../../policy.ts";

export interface MailEventsArgs {
  /** Begins the names of what it creates. */
  readonly environment: string;
  readonly account: Account;
  readonly keyArn: pulumi.Input<string>;
  /** Gets each event by e-mail; nobody when absent. */
  readonly subscriber: string | undefined;
}

/** What somebody has to do about; of the others there is one for each message (Amazon SES API v2, EventDestination). */
const told = ["BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"];

/** What became of messages: told on a topic, and counted for the alarms. */
export class MailEvents extends pulumi.ComponentResource {
  /** Of Amazon SES; once in an account and region. */
  readonly configurationSetName: pulumi.Output<string>;
  readonly configurationSetArn: pulumi.Output<string>;
  readonly topicArn: pulumi.Output<string>;

  constructor(name: string, args: MailEventsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:mail:MailEvents", name, {}, options);
    const { account, environment, subscriber } = args;
    const configurationSetName = configurationSetOf(environment);
    const topic = new aws.sns.Topic(
      name,
      { name: mailTopicOf(environment), kmsMasterKeyId: args.keyArn },
      { parent: this },
    );
    const allowed = new aws.sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: policyDocument({
          Effect: "Allow",
          Principal: { Service: "ses.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: {
            StringEquals: {
              "aws:SourceAccount": account.id,
              "aws:SourceArn": `arn:${account.partition}:ses:${account.region}:${account.id}:configuration-set/${configurationSetName}`,
            },
          },
        }),
      },
      { parent: this },
    );
    if (subscriber !== undefined)
      new aws.sns.TopicSubscription(
        name,
        { topic: topic.arn, protocol: "email", endpoint: subscriber },
        { parent: this },
      );
    const set = new aws.sesv2.ConfigurationSet(
      name,
      {
        configurationSetName,
        reputationOptions: { reputationMetricsEnabled: true },
        // Whatever the account's own setting is: an address that bounced or complained is not sent to again.
        suppressionOptions: { suppressedReasons: ["BOUNCE", "COMPLAINT"] },
      },
      { parent: this },
    );
    new aws.sesv2.ConfigurationSetEventDestination(
      name,
      {
        configurationSetName: set.configurationSetName,
        eventDestinationName: "topic",
        eventDestination: { enabled: true, matchingEventTypes: told, snsDestination: { topicArn: topic.arn } },
      },
      // Amazon SES tries the topic when it is told of it.
      { parent: this, dependsOn: [allowed] },
    );
    this.configurationSetName = set.configurationSetName;
    this.configurationSetArn = set.arn;
    this.topicArn = topic.arn;
    this.registerOutputs({ topicArn: this.topicArn });
  }
}

const configurationSetOf = (environment: string) => `${environment}-mail`;
export const mailTopicOf = (environment: string) => `${environment}-mail-events`;
