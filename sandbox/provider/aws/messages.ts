import type { cloudwatch, sqs } from "@pulumi/aws";
import { type Rows, row } from "../row.ts";
import type { Bag } from "../values.ts";
import { putRow } from "./shapes.ts";
import { asJson, first, must, tagList, tagRecord } from "./shared.ts";

/** Inputs that SQS keeps as attributes, and what it calls them. */
const numbers = {
  visibilityTimeoutSeconds: "VisibilityTimeout",
  messageRetentionSeconds: "MessageRetentionPeriod",
  delaySeconds: "DelaySeconds",
  receiveWaitTimeSeconds: "ReceiveMessageWaitTimeSeconds",
} as const;
const texts = { kmsMasterKeyId: "KmsMasterKeyId", redrivePolicy: "RedrivePolicy" } as const;
const flags = { sqsManagedSseEnabled: "SqsManagedSseEnabled" } as const;
const attributes = { ...numbers, ...texts, ...flags };
type Attribute = keyof typeof attributes;

const attributesOf = (inputs: Bag, of: (key: Attribute) => boolean): Record<string, string> =>
  Object.fromEntries(
    (Object.keys(attributes) as Attribute[]).filter(of).map((key) => [attributes[key], String(inputs[key] ?? "")]),
  );

const queue = row<sqs.QueueArgs, sqs.Queue>({
  update: Object.keys(attributes) as Attribute[],
  replace: ["name"],
  autoName: { key: "name", max: 80 },
  defaults: {
    visibilityTimeoutSeconds: 30,
    messageRetentionSeconds: 345_600,
    delaySeconds: 0,
    receiveWaitTimeSeconds: 0,
  },
  computed: ["arn", "url"],
  create: async (inputs, { sqs, tags }) => {
    const Attributes = attributesOf(inputs as Bag, (key) => inputs[key] !== undefined);
    const made = await sqs.createQueue({ QueueName: inputs.name, Attributes, tags });
    return must(made.QueueUrl, "QueueUrl");
  },
  read: async (QueueUrl, { sqs }) => {
    const { Attributes: found } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
    const { Tags } = await sqs.listQueueTags({ QueueUrl });
    const given = (names: Record<string, string>, as: (text: string) => unknown) =>
      Object.fromEntries(
        Object.entries(names).flatMap(([key, name]) => {
          const text = (found as Record<string, string> | undefined)?.[name];
          return text === undefined || text === "" ? [] : [[key, as(text)]];
        }),
      );
    return {
      arn: found?.QueueArn,
      url: QueueUrl,
      name: QueueUrl.split("/").at(-1),
      ...given(numbers, Number),
      ...given(texts, String),
      ...given(flags, (text) => text === "true"),
      tagsAll: Tags ?? {},
    };
  },
  write: async (QueueUrl, inputs, { sqs }, { changed }) => {
    await sqs.setQueueAttributes({ QueueUrl, Attributes: attributesOf(inputs as Bag, (key) => changed(key)) });
    return undefined;
  },
  tag: (QueueUrl, Tags, { sqs }) => sqs.tagQueue({ QueueUrl, Tags }),
  untag: (QueueUrl, TagKeys, { sqs }) => sqs.untagQueue({ QueueUrl, TagKeys }),
  delete: (QueueUrl, { sqs }) => sqs.deleteQueue({ QueueUrl }),
});

const queuePolicy = putRow<sqs.QueuePolicyArgs, sqs.QueuePolicy>({
  id: "queueUrl",
  update: ["policy"],
  replace: ["queueUrl"],
  required: ["queueUrl", "policy"],
  put: ({ queueUrl: QueueUrl, policy }, { sqs }) =>
    sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: asJson(policy) } }),
  read: async (QueueUrl, { sqs }) => {
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["Policy"] });
    return Attributes?.Policy ? { queueUrl: QueueUrl, policy: Attributes.Policy } : undefined;
  },
  delete: (QueueUrl, { sqs }) => sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: "" } }),
});

const eventRule = row<cloudwatch.EventRuleArgs, cloudwatch.EventRule>({
  update: ["description", "eventPattern", "scheduleExpression", "state"],
  replace: ["name"],
  autoName: { key: "name", max: 64 },
  defaults: { state: "ENABLED" },
  computed: ["arn"],
  create: async ({ name, description, eventPattern, scheduleExpression, state }, { eventbridge, tags }) => {
    await eventbridge.putRule({
      Name: name,
      Description: description,
      EventPattern: eventPattern,
      ScheduleExpression: scheduleExpression,
      State: state as "ENABLED",
      Tags: tagList(tags),
    });
    return must(name, "the rule's name");
  },
  read: async (id, { eventbridge }) => {
    const found = await eventbridge.describeRule({ Name: id });
    const { Tags } = await eventbridge.listTagsForResource({ ResourceARN: found.Arn });
    return {
      arn: found.Arn,
      name: id,
      description: found.Description,
      eventPattern: found.EventPattern,
      scheduleExpression: found.ScheduleExpression,
      state: found.State,
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (Name, { description, eventPattern, scheduleExpression, state }, { eventbridge }) => {
    await eventbridge.putRule({
      Name,
      Description: description,
      EventPattern: eventPattern,
      ScheduleExpression: scheduleExpression,
      State: state as "ENABLED",
    });
  },
  tag: (_id, tags, { eventbridge }, { arn: ResourceARN }) =>
    eventbridge.tagResource({ ResourceARN, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { eventbridge }, { arn: ResourceARN }) => eventbridge.untagResource({ ResourceARN, TagKeys }),
  delete: (Name, { eventbridge }) => eventbridge.deleteRule({ Name }),
});

const eventTarget = putRow<cloudwatch.EventTargetArgs, cloudwatch.EventTarget>({
  id: ({ rule, targetId }) => `${rule}-${targetId}`,
  update: ["arn", "deadLetterConfig", "input", "roleArn"],
  replace: ["rule", "targetId"],
  required: ["rule", "arn"],
  autoName: { key: "targetId", max: 64 },
  put: ({ rule, targetId, arn, deadLetterConfig, input, roleArn }, { eventbridge }) =>
    eventbridge.putTargets({
      Rule: rule,
      Targets: [
        {
          Id: targetId,
          Arn: arn,
          Input: input,
          RoleArn: roleArn,
          ...(deadLetterConfig && { DeadLetterConfig: { Arn: deadLetterConfig.arn } }),
        },
      ],
    }),
  read: async (_id, { eventbridge }, { rule, targetId }) => {
    const { Targets } = await eventbridge.listTargetsByRule({ Rule: rule });
    const found = first(Targets?.filter(({ Id }) => Id === targetId));
    if (found === undefined) return undefined;
    const { Arn, Input, RoleArn, DeadLetterConfig } = found;
    return {
      rule,
      targetId,
      arn: Arn,
      input: Input,
      roleArn: RoleArn,
      ...(DeadLetterConfig?.Arn && { deadLetterConfig: { arn: DeadLetterConfig.Arn } }),
    };
  },
  delete: (_id, { eventbridge }, { rule, targetId }) =>
    eventbridge.removeTargets({ Rule: rule, Ids: [must(targetId, "the target's id")] }),
});

export const messageRows: Rows = {
  "aws:sqs/queue:Queue": queue,
  "aws:sqs/queuePolicy:QueuePolicy": queuePolicy,
  "aws:cloudwatch/eventRule:EventRule": eventRule,
  "aws:cloudwatch/eventTarget:EventTarget": eventTarget,
};
