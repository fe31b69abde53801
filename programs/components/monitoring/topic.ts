import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument } from "../../policy.ts";

export interface AlarmTopicArgs {
  readonly account: Account;
  readonly keyArn: pulumi.Input<string>;
  /** E-mail addresses by the names of their subscriptions; no topic when there is none. */
  readonly subscribers: Readonly<Record<string, string | undefined>>;
}

/** Where alarms go, and from there by e-mail to people and to a Slack channel's address. */
export function alarmTopic(name: string, args: AlarmTopicArgs, parent: pulumi.Resource): aws.sns.Topic | undefined {
  const subscribers = Object.entries(args.subscribers).filter((entry): entry is [string, string] => !!entry[1]);
  if (subscribers.length === 0) return undefined;
  const topic = new aws.sns.Topic(name, { kmsMasterKeyId: args.keyArn }, { parent });
  new aws.sns.TopicPolicy(
    name,
    {
      arn: topic.arn,
      policy: policyDocument({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topic.arn,
        Condition: { StringEquals: { "aws:SourceAccount": args.account.id } },
      }),
    },
    { parent },
  );
  for (const [subscription, endpoint] of subscribers)
    new aws.sns.TopicSubscription(subscription, { topic: topic.arn, protocol: "email", endpoint }, { parent });
  return topic;
}
