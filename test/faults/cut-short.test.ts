import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
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
    return sandbox()
      .drive(...command)
      .succeeds();
  }
  /** A hand on an item of the ledger: `expression` names what is changed as #identity and #<key>, and the values as :<key>. */
  async function change(item: string, expression: string, values: Readonly<Record<string, string>>): Promise<void> {
    const dynamodb = await sandbox().aws.client("dynamodb");
    const { credentials, region, endpoint } = dynamodb.config;
    const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
    const client = new DynamoDBClient({ credentials, region, ...(endpoint && { endpoint }) });
    const keys = Object.keys(values);
    await client.send(
      new UpdateItemCommand({
        TableName: ledgerTableName,
        Key: { stack: { S: stack }, item: { S: item } },
        UpdateExpression: expression,
        ExpressionAttributeNames: Object.fromEntries(["identity", ...keys].map((key) => [`#${key}`, key])),
        ExpressionAttributeValues: Object.fromEntries(keys.map((key) => [`:${key}`, { S: values[key] ?? "" }])),
      }),
    );
    client.destroy();
  }
  const staging = () => {
    const [deploy = "", name = "", tag = "", version = ""] = canary().args;
    return [deploy, name, tag, version, "--strategy", "all-at-once"];
  };
  /** As if the process that was killed had run on another machine: nothing here knows that it is dead. */
  async function elsewhere(): Promise<void> {
    await change("lease", "SET #holder = :holder, #identity.#boot = :boot", {
      holder: "ci@runner-1#4711.abcdef",
      boot: "another",
    });
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

  it("is gone on with where it was killed while it staged, on another machine: the lock it left is cleared", async () => {
    // What was undone before may be registered already: staging it once more would write nothing.
    await sandbox().drive("up", stack).succeeds();
    await sandbox().fault({ service: "ecs", operation: "RegisterTaskDefinition", nth: 1, effect: "hang-after-effect" });
    const deploy = sandbox().drive(...staging());
    await eventually(async () => (await sandbox().hits())[0]?.length || !deploy.running, 60_000);
    assert.ok(deploy.running, deploy.output);
    await deploy.kill();
    await sandbox().fault();
    await elsewhere();
    await change("update", "SET #host = :host, #identity.#boot = :boot", { host: "runner-1", boot: "another" });
    const lock = join(sandbox().dir, "state/.pulumi/locks/organization/switchyard", stack, "lock.json");
    await writeFile(lock, JSON.stringify({ ...JSON.parse(await readFile(lock, "utf8")), hostname: "runner-1" }));
    const next = sandbox().drive(...staging());
    await next.succeeds();
    assert.match(next.output, /An earlier update of sandbox was cut short/);
    await assertServes(sandbox(), staging()[3] ?? "");
  });

  it("is not gone on with over the lock of an update that knows no lease: that may be alive", async () => {
    const lock = join(sandbox().dir, "state/.pulumi/locks/organization/switchyard", stack, "lock.json");
    const holder = { pid: 7, processStart: "1", place: "", hostname: "lap-top", username: "ann", token: "x" };
    await writeFile(lock, JSON.stringify({ ...holder, timestamp: new Date().toISOString() }));
    const up = sandbox().drive("up", stack, "--config", `services.web.environment.AT=t${Date.now()}`);
    assert.equal(await up.exitCode(), errorCatalogue["lease-held"].exitCode, up.output);
    assert.match(up.output, /another update of this stack is running: ann@lap-top, process 7, since .*pulumi cancel/);
    await rm(lock);
    await sandbox().drive("up", stack).succeeds();
    await assertServes(sandbox(), canary().live);
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
