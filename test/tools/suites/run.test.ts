import assert from "node:assert/strict";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "./report.ts";
import { type Outcome, runSuites } from "./run.ts";

describe("a process of suites", function () {
  this.timeout(60_000);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "switchyard-suites-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function run(source: string, signal = new AbortController().signal): Promise<Outcome> {
    await writeFile(join(root, "one.test.mts"), source);
    return runSuites({ root, files: ["one.test.mts"], mocha: { timeout: 10_000 }, endsWithin: 300 }, signal);
  }

  it("counts what passes and what is pending, and says how long each suite took", async () => {
    const outcome = await run(`describe("outer", () => {
      it("passes", () => {}); it.skip("is skipped", () => {});
      describe("inner", () => { it("passes, too", () => {}); });
    });`);
    const { passes, pending, failures, suites, output } = outcome;
    assert.deepEqual({ passes, pending, failures }, { passes: 2, pending: 1, failures: [] });
    assert.deepEqual(
      suites.map(({ title, file }) => [title, file]),
      [["outer", "one.test.mts"]],
    );
    assert.match(output, /inner\n.*passes, too/);
    assert.doesNotMatch(output, /passing/);
  });

  it("tells a test that fails with its titles and all its error says, and a hook that does", async () => {
    const { failures } = await run(`describe("outer", () => {
      it("fails", () => { throw new Error("that was wrong", { cause: new Error("for this") }); });
      describe("hooked", () => { before(() => { throw new Error("no way"); }); it("never runs", () => {}); });
    });`);
    assert.deepEqual(failures[0]?.titles, ["outer", "fails"]);
    assert.match(failures[0]?.error ?? "", /that was wrong.*one\.test\.mts.*Caused by: Error: for this/s);
    assert.match(failures[1]?.titles.join(" ") ?? "", /outer hooked "before all" hook/);
    assert.equal(failures.length, 2);
  });

  it("gives each test and hook three times its time, and no more however often it runs", async () => {
    const { failures } = await run(`describe("slow", () => {
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const limits = [];
      beforeEach(function () { limits.push(this.timeout()); });
      it("waits", () => wait(150)).timeout(100);
      it("waits for ever", () => new Promise(() => {})).timeout(100);
      it("has seen the limits", () => { if (limits.join() !== "30000,30000,30000") throw new Error(limits.join()); });
    });`);
    assert.deepEqual(
      failures.map(({ titles, error }) => [titles.at(-1), /Timeout of \d+ms/.exec(error)?.[0]]),
      [["waits for ever", "Timeout of 300ms"]],
    );
  });

  const fails = (title: string, source: string, pattern: RegExp) =>
    it(title, async () => {
      const { failures } = await run(`describe("one", () => { it("passes", () => {${source}}); });`);
      assert.equal(failures.length, 1);
      assert.match(failures[0]?.error ?? "", pattern);
      assert.match(failures[0]?.titles[0] ?? "", /the process of one\.test\.mts/);
    });

  fails("is not left running by what a suite leaves open", "setInterval(() => {}, 1000);", /left open .*Timeout/);
  fails("fails when it ends before its tests do", "process.exit(0);", /before its tests did \(exit code 0\)/);
  fails("fails when it is killed", "process.kill(process.pid, 'SIGKILL');", /before its tests did \(SIGKILL\)/);
  fails("fails when it ends badly after its tests", "process.on('exit', () => process.exit(7));", /exit code 7 after/);

  it("leaves no temporary file of its tests behind", async () => {
    const { output } = await run(`import { mkdtempSync } from "node:fs"; import { tmpdir } from "node:os";
      describe("one", () => { it("writes", () => console.log("in", mkdtempSync(tmpdir() + "/automation-"), "!")); });`);
    const folder = /in (\S+) !/.exec(output)?.[1] ?? "";
    assert.match(folder, /automation-/);
    await assert.rejects(access(folder), { code: "ENOENT" });
  });

  it("fails when its files cannot be loaded, and shows why", async () => {
    const { failures, output } = await run("import './not-there.ts';");
    assert.match(failures[0]?.error ?? "", /before its tests did/);
    assert.match(output, /not-there/);
  });

  it("ends when it is interrupted, which is no failure of it", async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 50);
    const source = `describe("one", () => { it("hangs", () => new Promise((r) => setTimeout(r, 9_000))); });`;
    assert.deepEqual((await run(source, interrupt.signal)).failures, []);
  });
});

describe("the report of a run", () => {
  const outcome = { passes: 3, pending: 0, failures: [], suites: [], output: "" };

  it("sums up in mocha's words", () => {
    const other = { ...outcome, passes: 4, pending: 2 };
    assert.match(report([outcome, other], 61.4), /^ {2}7 passing \(1m 1s\)\n {2}2 pending\n$/m);
  });

  it("lists failures with their titles and errors", () => {
    const failure = { titles: ["suite", "test"], error: "Error: no\n    at x" };
    const text = report([{ ...outcome, failures: [failure] }], 3);
    assert.match(text, /^ {2}3 passing \(3s\)\n {2}1 failing\n\n {2}1\) suite\n.*test:\n {5}Error: no\n {9}at x\n$/m);
  });

  it("names the ten slowest suites, the slowest first", () => {
    const suites = Array.from({ length: 12 }, (_, i) => ({ title: `s${i}`, file: "f.ts", seconds: i }));
    const shown = [...report([{ ...outcome, suites }], 3).matchAll(/ s {2}f\.ts {2}s(\d+)/g)].map(([, n]) => Number(n));
    assert.deepEqual(shown, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  });
});
