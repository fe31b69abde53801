import type { sns } from "@pulumi/aws";
import { type Rows, row } from "../row.ts";
import { type Bag, compact } from "../values.ts";
import { putRow } from "./shapes.ts";
import { asJson, must, tagList, tagRecord } from "./shared.ts";

/** Inputs that SNS keeps as attributes. */
const attributes = { displayName: "DisplayName", kmsMasterKeyId: "KmsMasterKeyId", policy: "Policy" } as const;
type Attribute = keyof typeof attributes;

const textOf = (inputs: Bag, key: Attribute) => (key === "policy" ? asJson(inputs[key]) : String(inputs[key] ?? ""));

const topic = row<sns.TopicArgs, sns.Topic>({
  update: Object.keys(attributes) as Attribute[],
  replace: ["name"],
  autoName: { key: "name", max: 256 },
  computed: ["arn", "owner", "policy", "signatureVersion", "tracingConfig", "beginningArchiveTime"],
  create: async (inputs, { sns, tags }) => {
    const given = Object.entries(attributes).filter(([key]) => inputs[key as Attribute] !== undefined);
    const Attributes = Object.fromEntries(given.map(([key, name]) => [name, textOf(inputs, key as Attribute)]));
    const made = await sns.createTopic({ Name: inputs.name, Attributes, Tags: tagList(tags) });
    return must(made.TopicArn, "TopicArn");
  },
  read: async (id, { sns }) => {
    const { Attributes: found } = await sns.getTopicAttributes({ TopicArn: id });
    const { Tags } = await sns.listTagsForResource({ ResourceArn: id });
    return {
      arn: id,
      name: id.split(":").at(-1),
      owner: found?.["Owner"],
      displayName: found?.["DisplayName"] ?? "",
      policy: found?.["Policy"],
      ...compact({ kmsMasterKeyId: found?.["KmsMasterKeyId"] }),
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (TopicArn, inputs, { sns }, { changed }) => {
    for (const [key, AttributeName] of Object.entries(attributes)) {
      if (!changed(key as Attribute)) continue;
      await sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue: textOf(inputs, key as Attribute) });
    }
  },
  tag: (ResourceArn, tags, { sns }) => sns.tagResource({ ResourceArn, Tags: tagList(tags) }),
  untag: (ResourceArn, removed, { sns }) => sns.untagResource({ ResourceArn, TagKeys: removed }),
  delete: (TopicArn, { sns }) => sns.deleteTopic({ TopicArn }),
});

const topicPolicy = putRow<sns.TopicPolicyArgs, sns.TopicPolicy>({
  update: ["policy"],
  replace: ["arn"],
  required: ["arn", "policy"],
  computed: ["owner"],
  id: "arn",
  put: ({ arn: TopicArn, policy }, { sns }) =>
    sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: asJson(policy) }),
  read: async (id, { sns }) => {
    const { Attributes: found } = await sns.getTopicAttributes({ TopicArn: id });
    return { arn: id, owner: found?.["Owner"], policy: found?.["Policy"] };
  },
  // A topic always has a policy: what is left is that its owner may do everything.
  delete: async (TopicArn, { sns, account }) => {
    const owner = {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${await account()}:root` },
      Action: "sns:*",
      Resource: TopicArn,
    };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [owner] });
    await sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: policy });
  },
});

const topicSubscription = row<sns.TopicSubscriptionArgs, sns.TopicSubscription>({
  replace: ["topic", "protocol", "endpoint"],
  required: ["topic", "protocol", "endpoint"],
  computed: ["arn", "ownerId", "confirmationWasAuthenticated", "pendingConfirmation"],
  create: async ({ topic, protocol, endpoint }, { sns }) => {
    const made = await sns.subscribe({
      TopicArn: topic as string,
      Protocol: protocol,
      Endpoint: endpoint,
      ReturnSubscriptionArn: true,
    });
    return must(made.SubscriptionArn, "SubscriptionArn");
  },
  read: async (id, { sns }) => {
    const { Attributes: found } = await sns.getSubscriptionAttributes({ SubscriptionArn: id });
    return {
      arn: id,
      topic: found?.["TopicArn"],
      protocol: found?.["Protocol"],
      endpoint: found?.["Endpoint"],
      ownerId: found?.["Owner"],
      pendingConfirmation: found?.["PendingConfirmation"] === "true",
      confirmationWasAuthenticated: found?.["ConfirmationWasAuthenticated"] === "true",
    };
  },
  delete: (SubscriptionArn, { sns }) => sns.unsubscribe({ SubscriptionArn }),
});

export const snsRows: Rows = {
  "aws:sns/topic:Topic": topic,
  "aws:sns/topicPolicy:TopicPolicy": topicPolicy,
  "aws:sns/topicSubscription:TopicSubscription": topicSubscription,
};
