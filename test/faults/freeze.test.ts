import assert from "node:assert/strict";
import { readRelease } from "../../automation/ledger/release.ts";
import { liveVersion } from "../support/release/converged.ts";
import { Killer } from "../support/release/kills.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line, under load. */
describe("a frozen environment", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const run = (...args: readonly string[]) =>
    sandbox()
      .drive(...args)
      .ended();
  const succeeds = (...args: readonly string[]) =>
    sandbox()
      .drive(...args)
      .succeeds();

  before(async () => {
    for (const tag of ["v1", "v2"]) await succeeds("deploy", stack, "--tag", tag, "--strategy", "all-at-once");
  });
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());
  after("let it change again", () => succeeds("unfreeze", stack));

  it("is frozen and let go by commands that are killed before and after their write and run again", async () => {
    const killer = new Killer(sandbox());
    await killer.begin();
    await (await killer.killAtEveryWrite("freeze", stack, "--why", "incident")).succeeds();
    await killer.disarm();
    assert.match(await succeeds("status", stack), /frozen: by .*: incident/);
    await succeeds("unfreeze", stack);
    await killer.assertComplete();
    await succeeds("audit", "verify", stack);
    assert.doesNotMatch(await succeeds("status", stack), /frozen/);
  });

  it("refuses up and deploy with exit code 23, naming who and why, and lets a rollback through", async () => {
    await succeeds("freeze", stack, "--why", "incident");
    for (const args of [
      ["up", stack],
      ["deploy", stack, "--tag", "v1"],
    ]) {
      const { code, output } = await run(...args);
      assert.equal(code, 23, output);
      assert.match(output, /frozen by .* \(incident\)\. `switchyard unfreeze sandbox`/);
    }
    assert.equal(liveVersion(await readRelease(sandbox().table)), "v2");
    await succeeds("plan", stack);
    assert.match(await succeeds("rollback", stack), /v1 serves 100%/);
    assert.match(await succeeds("rollback", stack), /v2 serves 100%/);
    assert.match(await succeeds("freeze", stack), /frozen already since .*: incident/);
    await succeeds("unfreeze", stack);
    await succeeds("up", stack);
  });

  it("is one that the ledger knows", async () => {
    const { code, output } = await run("freeze", "unheard-of");
    assert.equal(code, 11, output);
    assert.match(output, /unheard-of: the ledger knows nothing of it/);
  });
});
