import assert from "node:assert/strict";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line. */
describe("values given to `up`", function () {
  this.timeout(120_000);
  this.retries(0);
  const sandbox = useReleases();

  async function run(...args: readonly string[]): Promise<string> {
    return sandbox()
      .drive(...args)
      .succeeds();
  }

  it("with --config are kept, and said to be: a number as the text a variable is", async () => {
    const output = await run("up", stack, "--config", "services.web.environment.LIMIT=100");
    assert.match(output, /switchyard:services written to \S+sandbox\S+/);
    assert.match(await run("up", stack), /: \d+ unchanged in/);
  });

  it("with --set are of one command: the next one takes them back", async () => {
    const output = await run("up", stack, "--set", "services.web.environment.LIMIT=200");
    assert.match(output, /1 replaced/);
    assert.doesNotMatch(output, /written/);
    assert.match(await run("plan", stack), /replace .*TaskDefinition {2}web/);
    assert.match(await run("up", stack), /1 replaced/);
    assert.match(await run("plan", stack, "--set", "monitoring.latencyMs=900"), /update .*latency/);
  });

  it("are never kept when they are refused, by the schema or by a policy", async () => {
    for (const [value, code] of [
      ["services.web.desiredCount=none", 2],
      ["database.backupDays=0", 2],
      ["services.web.environment.SESSION_TOKEN=x", 2],
      ["services.web.cpu=300", 2],
    ] as const) {
      const driver = sandbox().drive("up", stack, "--config", value);
      assert.equal(await driver.exitCode(), code, driver.output);
      assert.doesNotMatch(driver.output, /written/);
    }
    assert.match(await run("plan", stack), /: \d+ unchanged\n/);
  });
});
