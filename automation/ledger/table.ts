import type { AttributeValue, DynamoDBClient, QueryCommandInput, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { refuseUnlistedItem } from "../deploy/decide/mutations.ts";

/** One item of the ledger: `stack` and `item` are the key, the rest is plain JSON-like data. */
export type LedgerItem = Record<string, unknown> & { readonly stack: string; readonly item: string };

export type Condition = {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Record<string, unknown>;
};

export type TableWrite =
  | { readonly kind: "check"; readonly item: string; readonly condition: Condition }
  | {
      readonly kind: "put";
      readonly item: string;
      readonly value: Record<string, unknown>;
      readonly condition?: Condition;
    };

/**
 * The ledger table narrowed to one stack. Reads are strongly consistent; every write carries its condition.
 * `write` answers false when a condition did not hold; every other failure is thrown.
 */
export interface StackTable {
  readonly stack: string;
  get(item: string): Promise<LedgerItem | undefined>;
  /** Items whose sort key starts with `prefix`, newest key first. */
  query(prefix: string, options?: { limit?: number; attributes?: readonly string[] }): Promise<LedgerItem[]>;
  /** Items whose sort key is from `first` to `last`, both included, in their order. */
  range(first: string, last: string, limit?: number): Promise<LedgerItem[]>;
  write(writes: readonly TableWrite[]): Promise<boolean>;
  update(item: string, set: Record<string, unknown>, condition: Condition): Promise<boolean>;
}

/** Begin the sort keys of operations, and of the entries of their journals. */
export const operationPrefix = "operation#";
export const journalPrefix = "journal#";

/** Ends the sort key of an approval. */
export const approvalSuffix = "#approval";

/**
 * Approvals have a partition of their own: IAM grants writing by partition key (`dynamodb:LeadingKeys`), so that a role that
 * deploys need not be one that approves.
 */
export function partitionOf(stack: string, item: string): string {
  return item.endsWith(approvalSuffix) ? `${stack}${approvalSuffix}` : stack;
}

/** Amazon DynamoDB API reference, BatchGetItem. */
const keysPerCall = 100;

export function stackTable(aws: Aws, tableName: string, stack: string): StackTable {
  return new DynamoStackTable(aws, tableName, stack);
}

class DynamoStackTable implements StackTable {
  readonly stack: string;
  readonly #aws: Aws;
  readonly #table: string;
  readonly #wanted = new Set<string>();
  #reading: Promise<ReadonlyMap<string, LedgerItem>> | undefined;

  constructor(aws: Aws, table: string, stack: string) {
    this.#aws = aws;
    this.#table = table;
    this.stack = stack;
  }

  /** Items asked for at the same time are read in one call. */
  async get(item: string): Promise<LedgerItem | undefined> {
    this.#wanted.add(item);
    this.#reading ??= this.#readWanted();
    return (await this.#reading).get(item);
  }

  async #readWanted(): Promise<ReadonlyMap<string, LedgerItem>> {
    // Whoever asks in the same turn is still to come.
    await Promise.resolve();
    const items = [...this.#wanted];
    this.#wanted.clear();
    this.#reading = undefined;
    const { sdk, client, unmarshall } = await this.#open();
    const found = new Map<string, LedgerItem>();
    // As long as there are keys left over, DynamoDB has read at least one: it refuses a batch of which it can read none.
    for (let keys = items.map((item) => this.#key(item)); keys.length > 0; ) {
      const asked = { Keys: keys.slice(0, keysPerCall), ConsistentRead: true };
      const answer = await client.send(new sdk.BatchGetItemCommand({ RequestItems: { [this.#table]: asked } }));
      for (const one of answer.Responses?.[this.#table] ?? []) {
        const read = unmarshall(one) as LedgerItem;
        found.set(read.item, read);
      }
      keys = [...(answer.UnprocessedKeys?.[this.#table]?.Keys ?? []), ...keys.slice(keysPerCall)];
    }
    return found;
  }

  async query(prefix: string, options: { limit?: number; attributes?: readonly string[] } = {}): Promise<LedgerItem[]> {
    return this.#read(
      {
        KeyConditionExpression: "#stack = :stack and begins_with(#item, :prefix)",
        ExpressionAttributeNames: {
          "#stack": "stack",
          "#item": "item",
          ...Object.fromEntries((options.attributes ?? []).map((a, i) => [`#a${i}`, a])),
        },
        ...(options.attributes && {
          ProjectionExpression: ["#stack", "#item", ...options.attributes.map((_, i) => `#a${i}`)].join(", "),
        }),
        ExpressionAttributeValues: { ":stack": { S: this.stack }, ":prefix": { S: prefix } },
        ScanIndexForward: false,
      },
      options.limit,
    );
  }

  range(first: string, last: string, limit?: number): Promise<LedgerItem[]> {
    return this.#read(
      {
        KeyConditionExpression: "#stack = :stack and #item between :first and :last",
        ExpressionAttributeNames: { "#stack": "stack", "#item": "item" },
        ExpressionAttributeValues: { ":stack": { S: this.stack }, ":first": { S: first }, ":last": { S: last } },
      },
      limit,
    );
  }

  async #read(asked: Omit<QueryCommandInput, "TableName">, limit?: number): Promise<LedgerItem[]> {
    const { sdk, client, unmarshall } = await this.#open();
    const found: LedgerItem[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const answer = await client.send(
        new sdk.QueryCommand({
          ...asked,
          TableName: this.#table,
          ConsistentRead: true,
          ...(limit !== undefined && { Limit: limit - found.length }),
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      found.push(...(answer.Items ?? []).map((i) => unmarshall(i) as LedgerItem));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined && (limit === undefined || found.length < limit));
    return found;
  }

  async write(writes: readonly TableWrite[]): Promise<boolean> {
    for (const w of writes) if (w.kind === "put") refuseUnlistedItem(w.item);
    const { sdk, client, marshall } = await this.#open();
    const items: TransactWriteItem[] = writes.map((w) => {
      const condition = w.condition && {
        ConditionExpression: w.condition.expression,
        ...(w.condition.names && { ExpressionAttributeNames: w.condition.names }),
        ...(w.condition.values && { ExpressionAttributeValues: marshall(w.condition.values) }),
      };
      return w.kind === "check"
        ? {
            ConditionCheck: {
              TableName: this.#table,
              Key: this.#key(w.item),
              ...(condition as { ConditionExpression: string }),
            },
          }
        : {
            Put: {
              TableName: this.#table,
              Item: marshall(
                { ...w.value, stack: partitionOf(this.stack, w.item), item: w.item },
                { removeUndefinedValues: true },
              ),
              ...condition,
            },
          };
    });
    return refused(() => client.send(new sdk.TransactWriteItemsCommand({ TransactItems: items })));
  }

  async update(item: string, set: Record<string, unknown>, condition: Condition): Promise<boolean> {
    refuseUnlistedItem(item);
    const { sdk, client, marshall } = await this.#open();
    const keys = Object.keys(set);
    return refused(() =>
      client.send(
        new sdk.UpdateItemCommand({
          TableName: this.#table,
          Key: this.#key(item),
          UpdateExpression: `SET ${keys.map((_, i) => `#s${i} = :s${i}`).join(", ")}`,
          ConditionExpression: condition.expression,
          ExpressionAttributeNames: { ...condition.names, ...Object.fromEntries(keys.map((k, i) => [`#s${i}`, k])) },
          ExpressionAttributeValues: marshall(
            { ...condition.values, ...Object.fromEntries(keys.map((k, i) => [`:s${i}`, set[k]])) },
            { removeUndefinedValues: true },
          ),
        }),
      ),
    );
  }

  #key(item: string): Record<string, AttributeValue> {
    return { stack: { S: partitionOf(this.stack, item) }, item: { S: item } };
  }

  async #open() {
    const [sdk, dynamodb, util] = await Promise.all([
      import("@aws-sdk/client-dynamodb"),
      this.#aws.client("dynamodb"),
      import("@aws-sdk/util-dynamodb"),
    ]);
    const send = (async (command: never) => {
      try {
        return await dynamodb.send(command);
      } catch (error) {
        throw (error as Error).name === "ResourceNotFoundException" ? noLedger(this.#table, error) : error;
      }
    }) as DynamoDBClient["send"];
    return { sdk, client: { send }, ...util };
  }
}

function noLedger(table: string, cause: unknown): SwitchyardError {
  return new SwitchyardError("not-found", {
    what: "there is no ledger table of this name in the account and region",
    where: table,
    fix: "apply the pipeline first: `switchyard up pipeline`",
    cause,
  });
}

async function refused(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

function isConditionFailure(error: unknown): boolean {
  const e = error as { name?: string; CancellationReasons?: { Code?: string }[] };
  if (e.name === "ConditionalCheckFailedException") return true;
  return (
    e.name === "TransactionCanceledException" &&
    (e.CancellationReasons ?? []).some((r) => r.Code === "ConditionalCheckFailed")
  );
}
