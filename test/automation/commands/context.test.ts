import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

describe("the priority of a command", () => {
  const context = pathToFileURL(join(import.meta.dirname, "../../../automation/commands/context.ts")).href;
  const script = `
    const { withContext } = await import(${JSON.stringify(context)});
    await withContext({ json: true }, async () => console.log((await import("node:os")).getPriority()));`;

  /** That of a process which works within the surroundings that the variables choose. */
  async function priority(variables: NodeJS.ProcessEnv, under: readonly string[] = []): Promise<number> {
    const [command = "", ...args] = [...under, process.execPath, "--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(command, args, { env: { ...process.env, ...variables } });
    return Number(stdout);
  }

  it("is below that of the load balancer and the tasks in the sandbox, and stays where it was lower", async () => {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-context-"));
    try {
      await writeFile(join(dir, "cloud.json"), JSON.stringify({ endpoint: "http://127.0.0.1:1", pace: 1 }));
      const sandbox = { SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir };
      assert.equal(await priority(sandbox), Math.max(10, getPriority()));
      assert.equal(await priority(sandbox, ["nice", "-n", "19"]), 19);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
  it("is as it was given for a real account", async () =>
    assert.equal(await priority({ SWITCHYARD_SANDBOX: "0" }), getPriority()));
});
