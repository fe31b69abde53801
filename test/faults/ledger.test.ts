import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** A value that is refused, and a service that is not applied: what a working tree may say at any time. */
const others = {
  "switchyard:services": {
    web: { cpu: 300 },
    docs: { path: "/docs", priority: 50, healthCheck: { path: "/docs" } },
  },
};
/** Through the command line, under load. */
describe("commands on the ledger, in a checkout with another configuration", function () {
  this.timeout(240_000);
  this.retries(0);
  let given = "";
  const overrides = () => join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
  // Before the sandbox's own hook, which may take it away.
  after(() => writeFile(overrides(), given));
  const sandbox = useReleases();

  async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return sandbox()
      .drive(...args)
      .ended();
  }
  async function succeeds(...args: readonly string[]): Promise<string> {
    const { code, output } = await run(...args);
    assert.equal(code, 0, `${args.join(" ")}\n${output}`);
    return output;
  }

  before(async () => {
    for (const version of ["v1", "v2"]) await succeeds("deploy", stack, "--tag", version);
    given = await readFile(overrides(), "utf8").catch(() => "");
    await writeFile(overrides(), `${given}${JSON.stringify(others)}\n`);
  });
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  it("is refused where it is to be applied", async () => {
    for (const args of [
      ["deploy", stack, "--tag", "v2"],
      ["plan", stack],
    ]) {
      const { code, output } = await run(...args);
      assert.equal(code, 2, output);
      assert.match(output, /services\.web\.cpu/);
    }
  });

  it("show what runs and what was done", async () => {
    assert.match(await succeeds("status", stack), /web +(blue|green) +v2 +live +100%/);
    assert.match(await succeeds("history", stack), /deploy +v2 +succeeded/);
    assert.match(await succeeds("explain", stack, "v2"), /deploy v2 by/);
    await succeeds("migrate", stack, "--status");
  });

  it("go back, and back again", async () => {
    assert.match(await succeeds("rollback", stack), /v1 serves 100%/);
    assert.match(await succeeds("rollback", stack), /v2 serves 100%/);
  });

  for (const kind of ["sweep", "repair", "adopt"]) it(kind, async () => void (await succeeds(kind, stack)));

  it("run a command", async () => void (await succeeds("run", stack, "--service", "web", "--", "node", "--version")));

  it("find nothing in flight to abort or to promote", async () => {
    for (const command of ["abort", "promote"])
      assert.match((await run(command, stack)).output, /nothing is in flight/);
  });

  it("know an environment without a file by its ledger, which has none of it", async () => {
    assert.match(await succeeds("status", "elsewhere"), /elsewhere +never applied/);
    assert.match(await succeeds("history", "elsewhere"), /nothing deployed yet/);
    const { code, output } = await run("rollback", "elsewhere");
    assert.notEqual(code, 0);
    assert.match(output, /nothing was ever released here/);
    const pipeline = await run("status", "pipeline");
    assert.equal(pipeline.code, 2);
    assert.match(pipeline.output, /not an environment/);
  });
});
