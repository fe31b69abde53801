import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const program = join(import.meta.dirname, "../../../automation/switchyard.mjs");

describe("a sandbox that is started", function () {
  this.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), "switchyard-sandbox-"));
  const env = { ...process.env, SWITCHYARD_SANDBOX_DIR: dir, SWITCHYARD_SANDBOX_PORT: "0" };
  const sandbox = async (word: string) =>
    (await promisify(execFile)(process.execPath, [program, "sandbox", word], { env })).stdout.trim();
  after(async () => {
    await sandbox("stop");
    rmSync(dir, { recursive: true });
  });

  it("keeps nothing of an earlier one, whose resources are gone, and all of one that runs", async () => {
    const state = join(dir, "state", ".pulumi", "stacks");
    mkdirSync(state, { recursive: true });
    assert.match(await sandbox("start"), /^sandbox is up/);
    assert.equal(existsSync(state), false);
    mkdirSync(state, { recursive: true });
    assert.match(await sandbox("start"), /^sandbox already runs/);
    assert.equal(existsSync(state), true);
  });
});
