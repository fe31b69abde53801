import assert from "node:assert/strict";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ledgerTableName } from "../../automation/deploy/session.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { errorCatalogue } from "../../programs/errors.ts";
import { useCanary } from "../support/release/canary.ts";
import { assertServes } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line: what others do where a deploy was killed, or can see nothing any more. */
describe("a deploy that cannot go on", function () {
  this.timeout(600_000);
  this.retries(0);
  const sandbox = useReleases();
  const canary = useCanary(sandbox);

  async function killed(shows: string, ...flags: readonly string[]): Promise<void> {
    const deploy = sandbox().drive(...canary().args, ...flags);
    await deploy.shows(shows);
    await deploy.kill();
  }
  async function says(...command: readonly string[]): Promise<string> {
    const driver = sandbox().drive(...command);
    await driver.succeeds();
    return driver.output;
  }
  /** As if the process that was killed had run on another machine: nothing here knows that it is dead. */
  async function elsewhere(): Promise<void> {
    const dynamodb = await sandbox().aws.client("dynamodb");
    const { credentials, region, endpoint } = dynamodb.config;
    const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
    const client = new DynamoDBClient({ credentials, region, ...(endpoint && { endpoint }) });
    await client.send(
      new UpdateItemCommand({
        TableName: ledgerTableName,
        Key: { stack: { S: stack }, item: { S: "lease" } },
        UpdateExpression: "SET #holder = :holder",
        ExpressionAttributeNames: { "#holder": "holder" },
        ExpressionAttributeValues: { ":holder": { S: "ci@runner-1#4711.abcdef" } },
      }),
    );
    client.destroy();
    assert.equal((await readLease(sandbox().table))?.holder, "ci@runner-1#4711.abcdef");
  }

  it("is undone by an abort from another machine than it was killed on, and stays so by a second one", async () => {
    await killed("at 10%");
    await elsewhere();
    const said = await says("abort", stack);
    assert.match(said, /watching ci@runner-1#4711\.abcdef \(deploy v\d\) for a sign of life, 15 s at most/);
    assert.match(said, /deploy v\d was aborted: traffic is where it was before/);
    await assertServes(sandbox(), canary().live);
    assert.match(
      await says("abort", stack),
      /nothing is in flight; the last, deploy v\d, was undone or stopped: aborted by/,
    );
  });

  it("is rolled back by its undoing, and no version further", async () => {
    await killed("at 10%");
    assert.match(await says("rollback", stack), new RegExp(`${canary().live} serves 100% of ${stack}`));
    await assertServes(sandbox(), canary().live);
    assert.match(await says("history", stack), /^\S+ +deploy +v\d +failed .*superseded by rollback/m);
  });

  it("is promoted for whoever goes on with it, which nobody does by themselves", async () => {
    await killed("waiting: a person's approval", "--approve");
    const said = await says("promote", stack);
    assert.match(said, /nobody is at work on it: `switchyard deploy sandbox --tag v\d` goes on/);
    await says("abort", stack);
    await assertServes(sandbox(), canary().live);
  });

  it("turns round when the figures it is judged by cannot be read any more", async () => {
    const deploy = sandbox().drive(...canary().args);
    await deploy.shows("at 10%");
    const denied = { code: "AccessDeniedException", status: 403, message: "not yours" };
    await sandbox().fault({ service: "monitoring", operation: "GetMetricData", effect: "error", ...denied });
    assert.equal(await deploy.exitCode(), errorCatalogue["deploy-failed"].exitCode, deploy.output);
    assert.match(deploy.output, /figures cannot be read \(AccessDenied.*so a bad version would not be noticed/);
    assert.match(deploy.output, /Traffic is where it was before/);
    await sandbox().fault();
    await assertServes(sandbox(), canary().live);
  });
});
