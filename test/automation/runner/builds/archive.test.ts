import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveOf } from "../../../../automation/runner/builds/archive.ts";

describe("what a remote build is made of", () => {
  let directory: string;
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
      cwd: directory,
    }).toString();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "switchyard-checkout-"));
    git("init", "--quiet");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is the last commit's tree, and names what of the checkout is not in it", async () => {
    mkdirSync(join(directory, "images"));
    writeFileSync(join(directory, "images/one"), "committed");
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
    const clean = await archiveOf(directory);
    assert.deepEqual([clean.commit, clean.changed], [git("rev-parse", "HEAD").trim(), []]);
    writeFileSync(join(directory, "images/one"), "changed");
    writeFileSync(join(directory, "new"), "new");
    const { zip, changed } = await archiveOf(directory);
    assert.deepEqual(changed, ["images/one", "new"]);
    assert.ok(zip.equals(clean.zip));
    assert.deepEqual(
      [zip.toString("latin1", 0, 2), zip.includes("images/one"), zip.includes("new")],
      ["PK", true, false],
    );
  });

  it("is nothing where nothing was committed", async () => {
    await assert.rejects(archiveOf(directory), {
      code: "invalid-flag",
      message: /--remote: .*no checkout of a commit/,
    });
  });
});
