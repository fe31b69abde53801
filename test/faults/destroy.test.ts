import assert from "node:assert/strict";
import { surroundings } from "../../automation/choose-surroundings.ts";
import { operationInFlight, readOperations } from "../../automation/ledger/journal.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { openStack } from "../../automation/stacks/open.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line: the end of an environment, and what comes after it. */
describe("an environment that is destroyed", function () {
  this.timeout(300_000);
  this.retries(0);
  const sandbox = useReleases();

  after("everything was made anew", () => sandbox().readOutputs());

  async function deploysAnew(): Promise<void> {
    const deploy = sandbox().drive("deploy", stack, "--tag", "v1");
    await deploy.succeeds();
    assert.match(deploy.output, /v1 serves 100%/);
    assert.equal(liveVersion(await readRelease(sandbox().table)), "v1");
    assert.equal(await operationInFlight(sandbox().table), undefined);
  }

  it("is told so, and its next deploy is a first one, also with a deploy in flight", async () => {
    // Whatever the suites before left.
    await sandbox().drive("deploy", stack, "--tag", "v1").succeeds();
    const interrupted = sandbox().drive("deploy", stack, "--tag", "v2", "--canary", "10%", "--bake", "2h");
    await interrupted.shows("at 10%");
    await interrupted.kill();
    await sandbox().drive("destroy", stack, "--yes").succeeds();
    const status = sandbox().drive("status", stack);
    await status.succeeds();
    assert.match(status.output, /it was destroyed, .* the next deploy makes it anew/);
    const [last] = await readOperations(sandbox().table, 1);
    assert.match(last?.why ?? "", /ended with the environment/);
    await deploysAnew();
  });

  it("by another tool is told so, and its next deploy is a first one", async () => {
    const { stack: engine } = await openOf(stack);
    await engine.destroy();
    const status = sandbox().drive("status", stack);
    await status.succeeds();
    assert.match(status.output, /its resources are gone/);
    const rollback = sandbox().drive("rollback", stack);
    assert.equal(await rollback.exitCode(), errorCatalogue["not-found"].exitCode, rollback.output);
    await deploysAnew();
  });

  it("by another tool begins anew with `up` as well", async () => {
    const { stack: engine } = await openOf(stack);
    await engine.destroy();
    await sandbox().drive("up", stack).succeeds();
    assert.deepEqual((await readRelease(sandbox().table)).services, {});
    await deploysAnew();
  });

  async function openOf(name: string) {
    process.env["SWITCHYARD_SANDBOX"] = "1";
    process.env["SWITCHYARD_SANDBOX_DIR"] = sandbox().dir;
    return openStack(await surroundings(), name);
  }
});
