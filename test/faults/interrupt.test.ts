import assert from "node:assert/strict";
import { operationInFlight } from "../../automation/ledger/journal.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/errors.ts";
import { eventually } from "../support/cloud.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

describe("Ctrl-C in a deploy", function () {
  this.timeout(1_800_000);
  this.retries(0);
  const sandbox = useReleases();
  let live: string;
  let args: readonly string[];

  beforeEach(async () => {
    live = liveVersion(await readRelease(sandbox().table));
    const other = live === "v2" ? "v3" : "v2";
    args = ["deploy", stack, "--tag", other, "--strategy", "canary", "--canary", "10%", "--bake", "2h"];
    sandbox().startLoad();
  });

  afterEach("no request failed", async () => {
    await sandbox().fault();
    await sandbox().stopLoad();
  });

  it("undoes it, says so and gives the lease back", async () => {
    const deploy = sandbox().drive(...args);
    await deploy.shows("at 10%");
    deploy.signal("SIGINT");
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    assert.match(deploy.output, /Interrupted: undoing/);
    assert.match(deploy.output, /Traffic is where it was before/);
    await assertServes(sandbox(), live);
  });

  it("stops at once when it comes a second time; the next run goes on from there", async () => {
    const deploy = sandbox().drive(...args);
    await deploy.shows("at 10%");
    await sandbox().fault({ service: "elasticloadbalancing", operation: "ModifyRule", nth: 1, effect: "hang" });
    deploy.signal("SIGINT");
    await eventually(async () => (await sandbox().hits())[0]?.length, 60_000);
    deploy.signal("SIGINT");
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    assert.match(deploy.output, /Stopped at once: nothing more was undone/);
    assert.equal((await readLease(sandbox().table))?.released, false);
    const left = await operationInFlight(sandbox().table);
    assert.ok(left, "nothing is in flight");

    const next = sandbox().drive(...args);
    assert.equal(await next.exitCode(), errorCatalogue["deploy-failed"].exitCode, next.output);
    assert.match(next.output, /return traffic: aborted by .*Ctrl-C/);
    await assertServes(sandbox(), live);
  });
});
