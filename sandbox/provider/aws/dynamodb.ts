import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { dynamodb } from "@pulumi/aws";
import { ProviderError } from "../errors.ts";
import { type Context, type Functions, fn, type In, type Rows, row } from "../row.ts";
import { same } from "../values.ts";
import { first, must, tagList, tagRecord } from "./shared.ts";

type TableInputs = In<dynamodb.TableArgs>;

const active = (TableName: string, { dynamodb, until }: Context) =>
  until(`table ${TableName} to be active`, async () => {
    const { Table } = await dynamodb.describeTable({ TableName });
    return Table?.TableStatus === "ACTIVE" || undefined;
  });

const encryption = ({ serverSideEncryption: given }: TableInputs) =>
  given && {
    SSESpecification: {
      Enabled: given.enabled,
      ...(given.kmsKeyArn && { SSEType: "KMS" as const, KMSMasterKeyId: given.kmsKeyArn }),
    },
  };

/** Settings that have calls of their own. */
async function settings(
  TableName: string,
  inputs: TableInputs,
  { dynamodb }: Context,
  changed: (...keys: (keyof TableInputs)[]) => boolean,
) {
  const { ttl, pointInTimeRecovery } = inputs;
  if (changed("ttl") && ttl) {
    const TimeToLiveSpecification = { AttributeName: ttl.attributeName, Enabled: ttl.enabled ?? false };
    await dynamodb.updateTimeToLive({ TableName, TimeToLiveSpecification });
  }
  if (changed("pointInTimeRecovery")) {
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: pointInTimeRecovery?.enabled ?? false };
    await dynamodb.updateContinuousBackups({ TableName, PointInTimeRecoverySpecification });
  }
}

const capacity = ["billingMode", "readCapacity", "writeCapacity"] as const;
const updatedTogether = [...capacity, "deletionProtectionEnabled", "serverSideEncryption", "tableClass"] as const;

const table = row<dynamodb.TableArgs, dynamodb.Table>({
  update: [...updatedTogether, ...(["ttl", "pointInTimeRecovery"] as const)],
  replace: ["name", "hashKey", "rangeKey", "attributes"],
  autoName: { key: "name", max: 255 },
  defaults: { billingMode: "PROVISIONED" },
  computed: [
    "arn",
    "streamArn",
    "streamLabel",
    "readCapacity",
    "writeCapacity",
    "pointInTimeRecovery",
    "serverSideEncryption",
    "ttl",
  ],
  create: async (inputs, aws) => {
    const { hashKey, rangeKey, readCapacity, writeCapacity } = inputs;
    const TableName = must(inputs.name, "the table's name");
    await aws.dynamodb.createTable({
      TableName,
      BillingMode: inputs.billingMode as "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: hashKey, KeyType: "HASH" },
        ...(rangeKey ? [{ AttributeName: rangeKey, KeyType: "RANGE" as const }] : []),
      ],
      AttributeDefinitions: inputs.attributes?.map(({ name, type }) => ({
        AttributeName: name,
        AttributeType: type as "S",
      })),
      ...(inputs.billingMode === "PROVISIONED" && {
        ProvisionedThroughput: { ReadCapacityUnits: readCapacity, WriteCapacityUnits: writeCapacity },
      }),
      DeletionProtectionEnabled: inputs.deletionProtectionEnabled,
      TableClass: inputs.tableClass as "STANDARD" | undefined,
      ...encryption(inputs),
      ...(Object.keys(aws.tags).length > 0 && { Tags: tagList(aws.tags) }),
    });
    const id = aws.created(TableName);
    await active(id, aws);
    await settings(id, inputs, aws, (key) => inputs[key as "ttl"] !== undefined);
    return id;
  },
  ready: active,
  read: async (id, { dynamodb }) => {
    const { Table: found } = await dynamodb.describeTable({ TableName: id });
    if (!found) return undefined;
    const [ttl, backups, tags] = await Promise.all([
      dynamodb.describeTimeToLive({ TableName: id }),
      dynamodb.describeContinuousBackups({ TableName: id }),
      dynamodb.listTagsOfResource({ ResourceArn: found.TableArn }),
    ]);
    const key = (type: string) => found.KeySchema?.find(({ KeyType }) => KeyType === type)?.AttributeName;
    const { TimeToLiveDescription: time } = ttl;
    const { PointInTimeRecoveryDescription: recovery } = backups.ContinuousBackupsDescription ?? {};
    return {
      arn: found.TableArn,
      name: found.TableName,
      hashKey: key("HASH"),
      ...(key("RANGE") && { rangeKey: key("RANGE") }),
      attributes: (found.AttributeDefinitions ?? []).map((one) => ({
        name: one.AttributeName ?? "",
        type: one.AttributeType ?? "",
      })),
      billingMode: found.BillingModeSummary?.BillingMode ?? "PROVISIONED",
      readCapacity: found.ProvisionedThroughput?.ReadCapacityUnits ?? 0,
      writeCapacity: found.ProvisionedThroughput?.WriteCapacityUnits ?? 0,
      deletionProtectionEnabled: found.DeletionProtectionEnabled ?? false,
      pointInTimeRecovery: { enabled: recovery?.PointInTimeRecoveryStatus === "ENABLED" } as never,
      serverSideEncryption: {
        enabled: found.SSEDescription?.Status === "ENABLED",
        ...(found.SSEDescription?.KMSMasterKeyArn && { kmsKeyArn: found.SSEDescription.KMSMasterKeyArn }),
      } as never,
      ttl: { attributeName: time?.AttributeName ?? "", enabled: time?.TimeToLiveStatus === "ENABLED" },
      tagsAll: tagRecord(tags.Tags),
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    if (changed(...updatedTogether)) {
      await aws.dynamodb.updateTable({
        TableName: id,
        ...(changed(...capacity) && {
          BillingMode: inputs.billingMode as "PAY_PER_REQUEST",
          ...(inputs.billingMode === "PROVISIONED" && {
            ProvisionedThroughput: { ReadCapacityUnits: inputs.readCapacity, WriteCapacityUnits: inputs.writeCapacity },
          }),
        }),
        ...(changed("deletionProtectionEnabled") && {
          DeletionProtectionEnabled: inputs.deletionProtectionEnabled ?? false,
        }),
        ...(changed("serverSideEncryption") && encryption(inputs)),
        ...(changed("tableClass") && { TableClass: inputs.tableClass as "STANDARD" }),
      });
      await active(id, aws);
    }
    await settings(id, inputs, aws, changed);
  },
  tag: (_id, tags, { dynamodb }, { arn: ResourceArn }) => dynamodb.tagResource({ ResourceArn, Tags: tagList(tags) }),
  untag: (_id, removed, { dynamodb }, { arn: ResourceArn }) =>
    dynamodb.untagResource({ ResourceArn, TagKeys: removed }),
  delete: (TableName, { dynamodb }) => dynamodb.deleteTable({ TableName }),
});

type Item = Record<string, AttributeValue>;
const parse = (item: string) => JSON.parse(item) as Item;

/** The key of an item, out of the item itself. */
function keyOf(item: Item, { hashKey, rangeKey }: { hashKey: string; rangeKey?: string }): Item {
  const keys = [hashKey, ...(rangeKey ? [rangeKey] : [])];
  return Object.fromEntries(keys.map((key) => [key, must(item[key], `the item's key attribute ${key}`)]));
}

const tableItem = row<dynamodb.TableItemArgs, dynamodb.TableItem>({
  update: ["item"],
  replace: ["tableName", "hashKey", "rangeKey"],
  required: ["tableName", "hashKey", "item"],
  computed: [],
  create: async (inputs, { dynamodb }) => {
    const { tableName, item, hashKey, rangeKey } = inputs;
    // An item that is there is not the program's to overwrite.
    const condition = { ConditionExpression: "attribute_not_exists(#h)", ExpressionAttributeNames: { "#h": hashKey } };
    await dynamodb.putItem({ TableName: tableName, Item: parse(item), ...condition });
    const values = Object.values(keyOf(parse(item), { hashKey, rangeKey })).map((value) => Object.values(value)[0]);
    return [tableName, hashKey, ...values].join("|");
  },
  read: async (_id, { dynamodb }, { tableName, item, hashKey, rangeKey }) => {
    const { Item } = await dynamodb.getItem({
      TableName: tableName,
      Key: keyOf(parse(item), { hashKey, rangeKey }),
      ConsistentRead: true,
    });
    return Item && { tableName, hashKey, ...(rangeKey && { rangeKey }), item: JSON.stringify(Item) };
  },
  write: async (_id, { tableName, item, ...keys }, { dynamodb }, { old }) => {
    await dynamodb.putItem({ TableName: tableName, Item: parse(item) });
    const [before, after] = [keyOf(parse(old.item), keys), keyOf(parse(item), keys)];
    if (!same(before, after)) await dynamodb.deleteItem({ TableName: tableName, Key: before });
  },
  delete: (_id, { dynamodb }, { tableName, item, ...keys }) =>
    dynamodb.deleteItem({ TableName: tableName, Key: keyOf(parse(item), keys) }),
});

export const dynamodbRows: Rows = { "aws:dynamodb/table:Table": table, "aws:dynamodb/tableItem:TableItem": tableItem };

export const dynamodbFunctions: Functions = {
  "aws:dynamodb/getTableItem:getTableItem": fn<dynamodb.GetTableItemArgs, dynamodb.GetTableItemResult>(
    async (args, { dynamodb }) => {
      const { Item } = await dynamodb.getItem({
        TableName: args.tableName,
        Key: parse(args.key),
        ProjectionExpression: args.projectionExpression,
        ExpressionAttributeNames: args.expressionAttributeNames,
      });
      if (!Item) {
        throw new ProviderError("aws", {
          where: `reading DynamoDB Table Item (${args.tableName})`,
          what: "empty result",
        });
      }
      return { ...args, id: `${args.tableName}|${first(Object.keys(parse(args.key)))}`, item: JSON.stringify(Item) };
    },
  ),
};
