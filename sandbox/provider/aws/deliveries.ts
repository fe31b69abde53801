/** What CloudWatch Logs delivers for other services. Nothing is delivered here: what is to be, and where to, is kept. */
import type { cloudwatch } from "@pulumi/aws";
import { type Context, type In, type Rows, row, type Tags } from "../row.ts";
import { first, must, pick } from "./shared.ts";

/** Tags of the three, which are all told from one another by their ARNs. */
const tagging = {
  tag: (_id: string, tags: Tags, { logs }: Context, { arn: resourceArn }: { arn?: string }) =>
    logs.tagResource({ resourceArn, tags }),
  untag: (_id: string, tagKeys: string[], { logs }: Context, { arn: resourceArn }: { arn?: string }) =>
    logs.untagResource({ resourceArn, tagKeys }),
};

const tagsOf = async (resourceArn: string | undefined, { logs }: Context) => ({
  tagsAll: (await logs.listTagsForResource({ resourceArn })).tags ?? {},
});

const source = row<cloudwatch.LogDeliverySourceArgs, cloudwatch.LogDeliverySource>({
  replace: ["name", "logType", "resourceArn"],
  required: ["logType", "resourceArn"],
  autoName: { key: "name", max: 60 },
  computed: ["arn", "service"],
  create: async ({ name, logType, resourceArn }, { logs, tags }) => {
    await logs.putDeliverySource({ name, logType, resourceArn, tags });
    return must(name, "the delivery source's name");
  },
  read: async (name, aws) => {
    const { deliverySource: found } = await aws.logs.getDeliverySource({ name });
    const resourceArn = first(found?.resourceArns);
    return {
      ...pick(found ?? {}, "arn", "name", "service", "logType"),
      resourceArn,
      ...(await tagsOf(found?.arn, aws)),
    };
  },
  ...tagging,
  delete: (name, { logs }) => logs.deleteDeliverySource({ name }),
});

const toRequest = (inputs: In<cloudwatch.LogDeliveryDestinationArgs>) => ({
  name: inputs.name,
  outputFormat: inputs.outputFormat as "json",
  deliveryDestinationConfiguration: {
    destinationResourceArn: inputs.deliveryDestinationConfiguration?.destinationResourceArn,
  },
});

const destination = row<cloudwatch.LogDeliveryDestinationArgs, cloudwatch.LogDeliveryDestination>({
  update: ["deliveryDestinationConfiguration"],
  replace: ["name", "outputFormat"],
  required: ["deliveryDestinationConfiguration"],
  autoName: { key: "name", max: 60 },
  computed: ["arn", "deliveryDestinationType"],
  create: async (inputs, { logs, tags }) => {
    await logs.putDeliveryDestination({ ...toRequest(inputs), tags });
    return must(inputs.name, "the delivery destination's name");
  },
  read: async (name, aws) => {
    const { deliveryDestination: found } = await aws.logs.getDeliveryDestination({ name });
    return {
      ...pick(found ?? {}, "arn", "name", "deliveryDestinationType", "outputFormat"),
      deliveryDestinationConfiguration: found?.deliveryDestinationConfiguration,
      ...(await tagsOf(found?.arn, aws)),
    };
  },
  write: async (_name, inputs, { logs }) => {
    await logs.putDeliveryDestination(toRequest(inputs));
    return undefined;
  },
  ...tagging,
  delete: (name, { logs }) => logs.deleteDeliveryDestination({ name }),
});

const delivery = row<cloudwatch.LogDeliveryArgs, cloudwatch.LogDelivery>({
  // AWS changes the fields in place; moto changes no delivery.
  replace: ["deliverySourceName", "deliveryDestinationArn", "recordFields"],
  deleteBeforeReplace: true,
  required: ["deliverySourceName", "deliveryDestinationArn"],
  ordered: ["recordFields"],
  computed: ["arn"],
  create: async ({ deliverySourceName, deliveryDestinationArn, recordFields }, { logs, tags }) => {
    const made = await logs.createDelivery({ deliverySourceName, deliveryDestinationArn, recordFields, tags });
    return must(made.delivery?.id, "delivery.id");
  },
  read: async (id, aws) => {
    const { delivery: found } = await aws.logs.getDelivery({ id });
    const fields = pick(found ?? {}, "arn", "deliverySourceName", "deliveryDestinationArn", "recordFields");
    return { ...fields, ...(await tagsOf(found?.arn, aws)) };
  },
  ...tagging,
  delete: (id, { logs }) => logs.deleteDelivery({ id }),
});

export const deliveryRows: Rows = {
  "aws:cloudwatch/logDelivery:LogDelivery": delivery,
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": destination,
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": source,
};
