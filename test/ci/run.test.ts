import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const run = join(import.meta.dirname, "../../.ci/run");

/** Output and exit code of each npm script; the scripts the project has unless a test says otherwise. */
type Scripts = Record<string, { readonly output?: string; readonly code?: number }>;

const good: Scripts = {
  test: { output: "  12 passing (3s)\n  1 pending\n" },
  lint: { output: "Checked 9 files" },
  typecheck: {},
};

describe(".ci/run", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-ci-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Runs the script with an npm that plays the given scripts. */
  async function play(scripts: Scripts): Promise<{ status: number | null; last: string }> {
    const cases = Object.entries(scripts).map(
      ([name, { output = "", code = 0 }]) => `${name}) printf '%s' '${output}'; exit ${code};;`,
    );
    const faults = scripts["test:faults"] === undefined ? "{}" : '"mocha"';
    const npm = `#!/bin/bash
if [ "$1" = pkg ]; then echo '${faults}'; exit 0; fi
case "$3" in ${cases.join("\n")} esac
exit 99
`;
    await writeFile(join(directory, "npm"), npm, { mode: 0o755 });
    const env = { ...process.env, PATH: `${directory}:${process.env["PATH"]}` };
    const { status, stdout } = spawnSync(run, { env, encoding: "utf8" });
    return { status, last: stdout.trimEnd().split("\n").at(-1) ?? "" };
  }

  it("sums what passed, each check besides the tests as one, and exits 0", async () => {
    assert.deepEqual(await play(good), { status: 0, last: "14 passed, 0 failed" });
  });

  it("runs the fault tests where there are any", async () => {
    const faults = { "test:faults": { output: "  5 passing (9m)\n" } };
    assert.deepEqual(await play({ ...good, ...faults }), { status: 0, last: "19 passed, 0 failed" });
  });

  it("counts tests that failed", async () => {
    const test = { output: "  10 passing (3s)\n  2 failing\n", code: 2 };
    assert.deepEqual(await play({ ...good, test }), { status: 1, last: "12 passed, 2 failed" });
  });

  it("counts tests that could not be run, or ended badly without a failure", async () => {
    const test = { output: "no Python\n", code: 1 };
    assert.deepEqual(await play({ ...good, test }), { status: 1, last: "2 passed, 1 failed" });
    const crashed = { ...good["test"], code: 7 };
    assert.deepEqual(await play({ ...good, test: crashed }), { status: 1, last: "14 passed, 1 failed" });
  });

  it("counts lint and types that fail", async () => {
    const broken = { lint: { code: 1 }, typecheck: { code: 2 } };
    assert.deepEqual(await play({ ...good, ...broken }), { status: 1, last: "12 passed, 2 failed" });
  });
});
