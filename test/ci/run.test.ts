import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
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

/** All that the script finds on its PATH beside what a test puts there: a machine with no browser, no Docker and no checker. */
const tools = ["awk", "bash", "cat", "dirname", "env", "grep", "mktemp", "rm", "sed", "tee", "timeout"];

describe(".ci/run", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-ci-"));
    const found = execFileSync("which", tools, { encoding: "utf8" }).trim().split("\n");
    for (const [i, path] of found.entries()) await symlink(path, join(directory, tools[i] ?? ""));
    await is("1000");
  });
  afterEach(() => rm(directory, { recursive: true }));

  const program = (name: string, text: string) =>
    writeFile(join(directory, name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  const is = (user: string) => program("id", `echo ${user}`);

  /** Runs the script with an npm that plays the given scripts. */
  async function play(scripts: Scripts): Promise<{ status: number | null; last: string; first: string }> {
    const cases = Object.entries(scripts).map(
      ([name, { output = "", code = 0 }]) => `${name}) printf '%s' '${output}'; exit ${code};;`,
    );
    const faults = scripts["test:faults"] === undefined ? "{}" : '"mocha"';
    const npm = `if [ "$1" = pkg ]; then echo '${faults}'; exit 0; fi
case "$3" in ${cases.join("\n")} esac
exit 99`;
    await program("npm", npm);
    const env = { ...process.env, PATH: directory };
    const { status, stdout } = spawnSync(run, { env, encoding: "utf8" });
    const [first = "", ...lines] = stdout.trimEnd().split("\n");
    return { status, first, last: lines.at(-1) ?? "" };
  }

  const ends = (played: Awaited<ReturnType<typeof play>>, expected: object) =>
    assert.partialDeepStrictEqual(played, expected);

  it("sums what passed, each check besides the tests as one, and exits 0", async () => {
    ends(await play(good), { status: 0, last: "14 passed, 0 failed" });
  });

  it("runs the fault tests where there are any", async () => {
    const faults = { "test:faults": { output: "  5 passing (9m)\n" } };
    ends(await play({ ...good, ...faults }), { status: 0, last: "19 passed, 0 failed" });
  });

  it("counts tests that failed", async () => {
    const test = { output: "  10 passing (3s)\n  2 failing\n", code: 2 };
    ends(await play({ ...good, test }), { status: 1, last: "12 passed, 2 failed" });
  });

  it("counts tests that could not be run, or ended badly without a failure", async () => {
    const test = { output: "no Python\n", code: 1 };
    ends(await play({ ...good, test }), { status: 1, last: "2 passed, 1 failed" });
    const crashed = { ...good["test"], code: 7 };
    ends(await play({ ...good, test: crashed }), { status: 1, last: "14 passed, 1 failed" });
  });

  it("counts lint and types that fail", async () => {
    const broken = { lint: { code: 1 }, typecheck: { code: 2 } };
    ends(await play({ ...good, ...broken }), { status: 1, last: "12 passed, 2 failed" });
  });

  it("installs, as root, what suites are pending without, removes nothing for it, and goes on where it cannot", async () => {
    await is("0");
    await program("apt-get", `echo "$@" >> "${directory}/asked"`);
    const passed = { status: 0, first: "== apt-get install chromium docker.io spin", last: "14 passed, 0 failed" };
    ends(await play(good), passed);
    assert.match(
      await readFile(join(directory, "asked"), "utf8"),
      /^update\ninstall -y --no-remove .* chromium docker.io spin$/m,
    );
    await program("apt-get", "exit 100");
    ends(await play(good), passed);
  });

  it("installs nothing for who is not root", async () => {
    await program("apt-get", `touch "${directory}/asked"`);
    ends(await play(good), { status: 0, first: "== npm run test" });
    await assert.rejects(readFile(join(directory, "asked")), { code: "ENOENT" });
  });
});
