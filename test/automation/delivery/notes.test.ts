import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addNote, headsIn, notedHeads } from "../../../automation/delivery/notes.ts";

const hash = "a".repeat(64);
const line = (stack: string, seq: number) => JSON.stringify({ stack, outcome: "success", audit: { seq, hash } });

describe("notes on commits", function () {
  this.timeout(60_000);
  let directory: string;
  let remote: { url: string; token: string };
  let commit: string;
  const git = (clone: string, ...args: readonly string[]) =>
    execFileSync("git", ["-C", join(directory, clone), ...args], { encoding: "utf8" }).trim();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-notes-"));
    execFileSync("git", ["init", "--quiet", "--bare", join(directory, "hub")]);
    remote = { url: `file://${join(directory, "hub")}`, token: "t" };
    const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
    execFileSync("git", ["init", "--quiet", join(directory, "one")]);
    git("one", ...identity, "commit", "--quiet", "--allow-empty", "--message", "one");
    git("one", "push", "--quiet", remote.url, "HEAD:refs/heads/main");
    commit = git("one", "rev-parse", "HEAD");
    for (const clone of ["two", "three"])
      execFileSync("git", ["clone", "--quiet", "--branch", "main", remote.url, join(directory, clone)]);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("keep every line of several who note at once, and say them without the repository they came from", async () => {
    const clones = ["one", "two", "three"];
    await Promise.all(
      clones.map((clone) => addNote(join(directory, clone), remote, commit, { by: clone, token: "no" })),
    );
    git("two", "fetch", "--quiet", remote.url, "+refs/notes/switchyard:refs/notes/switchyard");
    await rm(join(directory, "hub"), { recursive: true });
    const log = git("two", "log", "-1", "--notes=switchyard");
    for (const clone of clones) assert.ok(log.includes(`{"by":"${clone}",`), log);
  });

  it("are refused with what git says where they cannot be pushed", async () => {
    const nowhere = { url: `file://${join(directory, "nowhere")}`, token: "secret-token" };
    await assert.rejects(addNote(join(directory, "one"), nowhere, commit, {}), (error: Error) => {
      assert.match(error.message, /nowhere/);
      assert.doesNotMatch(error.message, /secret-token/);
      return true;
    });
  });

  it("tell of the heads of a stack's audit, and of none where there is no note", async () => {
    const one = join(directory, "one");
    assert.deepEqual(await notedHeads(one, "production"), []);
    await addNote(one, remote, commit, JSON.parse(line("production", 3)));
    await addNote(one, remote, commit, JSON.parse(line("pipeline", 4)));
    const where = `note on ${commit.slice(0, 12)}`;
    assert.deepEqual(await notedHeads(one, "production"), [{ seq: 3, hash, where }]);
  });

  it("have lines of others in them, which tell of no head", () => {
    const others = ["", "hello", "[1]", "null", '[{"outcome":"failed"}]', '{"stack":"production","audit":{"seq":-1}}'];
    assert.deepEqual(headsIn([...others, line("production", 7)].join("\n"), "production"), [{ seq: 7, hash }]);
  });
});
