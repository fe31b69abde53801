import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const model = resolve(import.meta.dirname, "../../../../docs/model/lease.pml");
const run = promisify(execFile);

/** docs/model/lease.pml, searched exhaustively where the checker (Debian's package `spin`) and a C compiler are present. */
describe("the model of the lease (docs/model/lease.pml)", () => {
  let dir: string;
  before(function () {
    const missing = [
      ["spin", "-V"],
      ["cc", "--version"],
    ].filter(([tool, flag]) => !isThere(tool ?? "", flag ?? ""));
    if (missing.length > 0) {
      console.log(`      skipped: ${missing.map(([tool]) => tool).join(" and ")} not on PATH`);
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "switchyard-model-"));
  });
  after(() => {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  /** The checker's report on one variant of the model. */
  async function check(name: string, define: readonly string[]): Promise<string> {
    const work = join(dir, name);
    cpSync(model, join(work, "lease.pml"));
    await run("spin", [...define, "-a", "lease.pml"], { cwd: work });
    await run("cc", ["-w", "-O2", "-DSAFETY", "-o", "pan", "pan.c"], { cwd: work });
    return (await run("./pan", ["-m2000000"], { cwd: work })).stdout;
  }

  it("has no two writers and no write after a takeover, in every order of events", async function () {
    this.timeout(120_000);
    const report = await check("right", []);
    assert.match(report, /errors: 0/);
    assert.doesNotMatch(report, /max search depth too small|out of memory|not completed/);
  });

  for (const wrong of ["NO_GUARD", "INTENT_CONFIRMS"])
    it(`can fail: it finds the write after a takeover with ${wrong}`, async function () {
      this.timeout(120_000);
      assert.match(await check(wrong, [`-D${wrong}`]), /assertion violated .inflight.*errors: 1/s);
    });
});

function isThere(tool: string, flag: string): boolean {
  try {
    execFileSync(tool, [flag], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
