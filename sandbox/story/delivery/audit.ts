/** What the audit tells of it all, and that it tells when somebody has changed it. */
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { type Stage, unexpected } from "../stage.ts";

type Line = Readonly<Record<string, unknown>>;

async function merges(stage: Stage, stack: string): Promise<readonly Line[]> {
  const { output } = await stage.run(["audit", "list", stack, "--kind", "merge", "--lines"]);
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** The merge that failed, and what serves since. */
export async function mustTellOfBoth(
  stage: Stage,
  stack: string,
  { commit, good }: { readonly commit: string; readonly good: string },
): Promise<void> {
  const told = (await merges(stage, stack)).slice(-2).map((line) => `${line["commit"]} ${line["outcome"]}`);
  const expected = [`${commit} failed`, `${good} succeeded`];
  if (told.join() !== expected.join()) throw unexpected(`switchyard audit list ${stack}`, `it tells of ${told}`);
}

/** Somebody with the table's own rights makes a failure look like a success. */
export async function mustFindForgery(stage: Stage, stack: string): Promise<void> {
  await stage.run(["audit", "verify", stack]);
  const table = new DynamoDB({});
  const { TableNames = [] } = await table.listTables({});
  const TableName = TableNames.find((name) => name.includes("ledger"));
  const { Items = [] } = await table.query({
    ...{ TableName, KeyConditionExpression: "stack = :s AND begins_with(#i, :p)" },
    ExpressionAttributeNames: { "#i": "item" },
    ExpressionAttributeValues: { ":s": { S: stack }, ":p": { S: "audit#" } },
  });
  const failed = Items.find(({ record }) => record?.S?.includes('"outcome":"failed"'));
  if (failed?.["record"]?.S === undefined) throw unexpected(`the ledger of ${stack}`, "it has no failure to forge");
  const record = { S: failed["record"].S.replace('"outcome":"failed"', '"outcome":"succeeded"') };
  await table.putItem({ TableName, Item: { ...failed, record } });
  stage.say(`\nSomebody makes a success of ${failed["item"]?.S}, which failed.`);
  await stage.refused(["audit", "verify", stack], "not as written");
}
