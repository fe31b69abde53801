import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changedPaths, commitOf } from "../../../automation/delivery/git.ts";

describe("what git says of a checkout", () => {
  const dir = mkdtempSync(join(tmpdir(), "switchyard-git-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const git = (...args: readonly string[]) => {
    const who = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"];
    return execFileSync("git", ["-C", dir, ...who, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  };
  const commit = (file: string, text: string) => {
    writeFileSync(join(dir, file), text);
    git("add", "-A");
    git("commit", "-qm", `change ${file}`);
    return git("rev-parse", "HEAD").trim();
  };

  it("is every path changed since a base, also one put back, and not what others did meanwhile", async () => {
    git("init", "-q", "-b", "main");
    const base = commit("a", "1");
    git("checkout", "-qb", "change");
    commit("b", "1");
    commit("a", "2");
    commit("a", "1");
    commit("näme with spaces", "1");
    git("checkout", "-q", "main");
    const main = commit("theirs", "1");
    git("checkout", "-q", "change");
    git("merge", "-q", "--no-edit", "main");
    git("mv", "b", "c");
    git("commit", "-qm", "rename");
    const head = git("rev-parse", "HEAD").trim();
    assert.deepEqual(await changedPaths(dir, base, head), ["a", "b", "c", "näme with spaces", "theirs"]);
    assert.deepEqual(await changedPaths(dir, main, head), ["a", "b", "c", "näme with spaces"]);
    assert.deepEqual(await changedPaths(dir, head, head), []);
  });

  it("finds a commit by any of its names, and takes no name for an option", async () => {
    const head = git("rev-parse", "HEAD").trim();
    for (const name of ["HEAD", "change", head, head.slice(0, 8)])
      assert.equal(await commitOf(dir, "--base", name), head);
    for (const name of ["none", "0".repeat(40), "--help", "-h", "--output=x", "HEAD:a", "$(touch x)", "a\nb"])
      await assert.rejects(commitOf(dir, "--base", name), { code: "invalid-flag", where: "--base" });
    await assert.rejects(commitOf(join(dir, "elsewhere"), "--base", "HEAD"), { code: "invalid-flag" });
  });
});
