import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { operationInFlight } from "../../automation/ledger/journal.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { useCanary } from "../support/release/canary.ts";
import { assertServes } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** A runner of its own: no process of this machine is seen from it, but for its own. Killed, it takes them with it. */
const ownNamespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

describe("who holds a stack's lease", function () {
  this.timeout(600_000);
  this.retries(0);
  const sandbox = useReleases();
  const canary = useCanary(sandbox);
  const drive = (...args: readonly string[]) => sandbox().drive(...args);

  /** @throws AssertionError unless the command was refused because of this holder, while that holder's canary goes on. */
  async function refused(holder: string | undefined, under: readonly string[], ...args: readonly string[]) {
    const other = sandbox().driveUnder(under, args);
    assert.equal(await other.exitCode(), errorCatalogue["lease-held"].exitCode, other.output);
    assert.ok(holder && other.output.includes(holder), other.output);
    assert.equal((await readLease(sandbox().table))?.holder, holder);
  }

  it("is believed alive by runners of the same host name in process namespaces of their own", async function () {
    const [program = "", ...flags] = ownNamespace;
    if (spawnSync(program, [...flags, "true"]).status !== 0) {
      console.log("      skipped: process namespaces may not be made here (`unshare --pid` as root)");
      return this.skip();
    }
    const deploy = sandbox().driveUnder(ownNamespace, canary().args);
    await deploy.shows("at 10%");
    const holder = (await readLease(sandbox().table))?.holder;
    const tag = canary().live === "v1" ? "v2" : canary().live;
    for (const under of [ownNamespace, []]) {
      await refused(holder, under, "deploy", stack, "--tag", tag);
      await refused(holder, under, "rollback", stack);
    }
    assert.equal((await operationInFlight(sandbox().table))?.goal.kind, "deploy");
    const abort = sandbox().driveUnder(ownNamespace, ["abort", stack]);
    await abort.succeeds();
    assert.match(abort.output, /is to be undone; watching .* for a sign of life/);
    assert.equal(await deploy.exitCode(), errorCatalogue["deploy-failed"].exitCode, deploy.output);
    await assertServes(sandbox(), canary().live);
  });

  it("is known to be dead at once where it ran, and after its silence from another namespace", async () => {
    const deploy = drive(...canary().args);
    await deploy.shows("at 10%");
    await deploy.kill();
    const here = drive("abort", stack);
    await here.succeeds();
    assert.doesNotMatch(here.output, /for a sign of life/);
    await assertServes(sandbox(), canary().live);

    const [program = "", ...flags] = ownNamespace;
    if (spawnSync(program, [...flags, "true"]).status !== 0) return;
    const again = drive(...canary().args);
    await again.shows("at 10%");
    await again.kill();
    const elsewhere = sandbox().driveUnder(ownNamespace, ["abort", stack]);
    await elsewhere.succeeds();
    assert.match(elsewhere.output, /for a sign of life, 15 s at most/);
    await assertServes(sandbox(), canary().live);
  });

  describe("when its item was deleted", () => {
    async function remove(item: string): Promise<void> {
      const dynamodb = await sandbox().aws.client("dynamodb");
      const { credentials, region, endpoint } = dynamodb.config;
      const { DynamoDBClient } = await import("@aws-sdk/client-dynamodb");
      const client = new DynamoDBClient({ credentials, region, ...(endpoint && { endpoint }) });
      await client.send(
        new DeleteItemCommand({ TableName: ledgerTableName, Key: { stack: { S: stack }, item: { S: item } } }),
      );
      client.destroy();
    }

    for (const items of [["lease"], ["lease", "fence"]])
      it(`finds a killed deploy again, and gives no token out twice (${items.join(" and ")})`, async () => {
        const deploy = drive(...canary().args);
        await deploy.shows("at 10%");
        await deploy.kill();
        const before = await readLease(sandbox().table);
        const left = await operationInFlight(sandbox().table);
        for (const item of items) await remove(item);
        const abort = drive("abort", stack);
        await abort.succeeds();
        assert.match(abort.output, /was aborted: traffic is where it was before/);
        const after = await readLease(sandbox().table);
        assert.ok(before && after && after.token > before.token, `${after?.token} after ${before?.token}`);
        const next = drive("deploy", stack, "--tag", canary().live, "--strategy", "all-at-once");
        await next.succeeds();
        const history = drive("history", stack, "--json");
        await history.succeeds();
        assert.ok(left && history.output.includes(left.operation));
        await assertServes(sandbox(), canary().live);
      });
  });
});
