/** The parts of a call of DynamoDB's data: each is allowed by an action of its own, by table and partition key. */

export interface TablePart {
  readonly action: string;
  readonly table: string;
  /** The partition keys it reaches (`dynamodb:LeadingKeys`); undefined where the request names none. */
  readonly keys?: readonly string[];
}

type Item = Readonly<Record<string, unknown>>;

const ofItem: Readonly<Record<string, "Key" | "Item">> = {
  DeleteItem: "Key",
  GetItem: "Key",
  PutItem: "Item",
  UpdateItem: "Key",
};
const inTransaction: Readonly<Record<string, readonly [action: string, at: "Key" | "Item"]>> = {
  ConditionCheck: ["ConditionCheckItem", "Key"],
  Delete: ["DeleteItem", "Key"],
  Get: ["GetItem", "Key"],
  Put: ["PutItem", "Item"],
  Update: ["UpdateItem", "Key"],
};

/** None for a call that is not on items. */
export async function partsOfTable(
  operation: string,
  body: unknown,
  partitionKey: (table: string) => Promise<string | undefined>,
): Promise<readonly TablePart[]> {
  const input = isItem(body) ? body : {};
  const part = async (name: string, table: unknown, items: readonly unknown[]): Promise<TablePart> => {
    const key = (await partitionKey(String(table))) ?? "";
    const keys = items.flatMap((item) => (isItem(item) ? textOf(item[key]) : []));
    return { action: `dynamodb:${name}`, table: String(table), keys: [...new Set(keys)] };
  };
  const at = ofItem[operation];
  if (at !== undefined) return [await part(operation, input["TableName"], [input[at]])];
  if (operation === "Query") {
    const { TableName, ExpressionAttributeValues: values } = input;
    return [{ action: "dynamodb:Query", table: String(TableName), keys: queried(input, isItem(values) ? values : {}) }];
  }
  if (operation === "BatchGetItem" || operation === "BatchWriteItem") {
    const tables = Object.entries(isItem(input["RequestItems"]) ? input["RequestItems"] : {});
    return Promise.all(
      tables.map(([table, asked]) => {
        const items = Array.isArray(asked)
          ? asked.map((one) => one?.PutRequest?.Item ?? one?.DeleteRequest?.Key)
          : ((asked as { Keys?: unknown[] }).Keys ?? []);
        return part(operation, table, items);
      }),
    );
  }
  if (operation !== "TransactWriteItems" && operation !== "TransactGetItems") return [];
  const items = Array.isArray(input["TransactItems"]) ? (input["TransactItems"] as Item[]) : [];
  return Promise.all(
    items.flatMap((item) =>
      Object.entries(item).flatMap(([kind, one]) => {
        const [action, where] = inTransaction[kind] ?? [];
        return action === undefined || where === undefined || !isItem(one)
          ? []
          : [part(action, one["TableName"], [one[where]])];
      }),
    ),
  );
}

/** A query's condition on the partition key is an equality, and comes first or after `AND`. */
function queried({ KeyConditionExpression: expression }: Item, values: Item): readonly string[] {
  const names = [...String(expression ?? "").matchAll(/[^<>=\s]\s*=\s*(:\w+)/g)].map(([, name]) => name ?? "");
  return names.slice(0, 1).flatMap((name) => textOf(values[name]));
}

function textOf(value: unknown): readonly string[] {
  if (!isItem(value)) return [];
  const text = value["S"] ?? value["N"] ?? value["B"];
  return typeof text === "string" ? [text] : [];
}

function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
