/** Tags, which nearly every service takes alike (AWS General Reference, "Tagging your AWS resources": naming limits). */
import { all, constraint, type Limit, matching, never, type Refuse } from "./limit.ts";

const page = "Tagging AWS Resources and Tag Editor user guide, Tag naming limits and requirements";

const characters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const tagKey: Refuse = all(
  constraint("tag.key", { min: 1, max: 128 }),
  never(/^aws:/i, (key) => `The tag key '${key}' begins with 'aws:', which is reserved for AWS use`),
  matching(characters, (key) => `The tag key '${key}' contains characters that are not allowed`),
);

export const tagValue: Refuse = all(
  constraint("tag.value", { max: 256 }),
  matching(characters, (value) => `The tag value '${value}' contains characters that are not allowed`),
);

/** Where a service's calls carry tags: lists of a key's and a value's member, or maps. */
const lists: readonly (readonly [service: string, code: string, list: string, key: string, value: string])[] = [
  ["ec2", "InvalidParameterValue", "TagSpecification.*.Tag", "Key", "Value"],
  ["ec2", "InvalidParameterValue", "Tag", "Key", "Value"],
  ["elasticloadbalancing", "ValidationError", "Tags", "Key", "Value"],
  ["rds", "InvalidParameterValue", "Tags", "Key", "Value"],
  ["rds", "InvalidParameterValue", "Tags.Tag", "Key", "Value"],
  ["iam", "InvalidInput", "Tags", "Key", "Value"],
  ["sns", "InvalidParameter", "Tags", "Key", "Value"],
  ["monitoring", "ValidationError", "Tags", "Key", "Value"],
  ["secretsmanager", "InvalidParameterException", "Tags", "Key", "Value"],
  ["dynamodb", "ValidationException", "Tags", "Key", "Value"],
  ["ecr", "InvalidTagParameterException", "tags", "Key", "Value"],
  ["ecs", "InvalidParameterException", "tags", "key", "value"],
  ["kms", "TagException", "Tags", "TagKey", "TagValue"],
];
const maps: readonly (readonly [service: string, code: string, map: string])[] = [
  ["lambda", "InvalidParameterValueException", "Tags"],
  ["logs", "InvalidParameterException", "tags"],
];

const limit = (service: string, code: string, member: string, refuse: Refuse): Limit => ({
  service,
  operations: ["*"],
  member,
  page,
  code,
  refuse,
});

export const tagLimits: readonly Limit[] = [
  ...lists.flatMap(([service, code, list, key, value]) => [
    limit(service, code, `${list}.*.${key}`, tagKey),
    limit(service, code, `${list}.*.${value}`, tagValue),
  ]),
  ...maps.flatMap(([service, code, map]) => [
    limit(service, code, `$keys.${map}`, tagKey),
    limit(service, code, `${map}.*`, tagValue),
  ]),
];
