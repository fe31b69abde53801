import assert from "node:assert/strict";
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { Aws } from "../../../automation/aws/clients.ts";
import { stackTable } from "../../../automation/ledger/table.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { unique, useCloud } from "../../support/cloud.ts";

describe("the ledger table", () => {
  const cloud = useCloud();
  const name = unique("ledger");
  let dynamodb: DynamoDBClient;
  const open = (table = name) => stackTable({ client: async () => dynamodb } as unknown as Aws, table, "production");

  before(async () => {
    dynamodb = new DynamoDBClient(cloud.sdk());
    const key = { stack: "HASH", item: "RANGE" } as const;
    await dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: Object.keys(key).map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: Object.entries(key).map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
      }),
    );
  });
  after(() => dynamodb.destroy());

  it("reads what is asked for at once in one call, and what is asked for later anew", async () => {
    const table = open();
    assert.ok(await table.write([{ kind: "put", item: "release", value: { revision: 1 } }]));
    const before = await cloud.calls();
    const [release, again, missing] = await Promise.all([
      table.get("release"),
      table.get("release"),
      table.get("signal#1"),
    ]);
    assert.equal(release?.["revision"], 1);
    assert.deepEqual(again, release);
    assert.equal(missing, undefined);
    assert.ok(await table.write([{ kind: "put", item: "release", value: { revision: 2 } }]));
    assert.equal((await table.get("release"))?.["revision"], 2);
    const reads = (calls: Record<string, number>) => calls["dynamodb:BatchGetItem"] ?? 0;
    assert.equal(reads(await cloud.calls()) - reads(before), 2);
  });

  it("reads more items at once than one call takes", async () => {
    const table = open();
    const items = Array.from({ length: 120 }, (_, i) => `journal#many#${i}`);
    for (const item of [items[0], items[119]] as string[])
      assert.ok(await table.write([{ kind: "put", item, value: { item } }]));
    const found = await Promise.all(items.map((item) => table.get(item)));
    assert.deepEqual(
      found.flatMap((f) => f?.item ?? []),
      ["journal#many#0", "journal#many#119"],
    );
  });

  it("keeps approvals in a partition of their own, so that who deploys need not be let write them", async () => {
    assert.ok(await open().write([{ kind: "put", item: "signal#1#approval", value: { by: "ann" } }]));
    assert.ok(await open().write([{ kind: "put", item: "signal#1", value: { by: "bob" } }]));
    assert.equal((await open().get("signal#1#approval"))?.["by"], "ann");
    const partition = async (stack: string) => {
      const Key = { stack: { S: stack }, item: { S: "signal#1#approval" } };
      return (await dynamodb.send(new GetItemCommand({ TableName: name, Key }))).Item;
    };
    assert.equal((await partition("production#approval"))?.["by"]?.S, "ann");
    assert.equal(await partition("production"), undefined);
  });

  it("names a table that is not there", async () => {
    await assert.rejects(
      open("nowhere").get("release"),
      (error) => error instanceof SwitchyardError && error.code === "not-found" && /nowhere/.test(error.message),
    );
  });
});
