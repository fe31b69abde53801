import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pacedClock } from "../../../sandbox/cloud/clock.ts";
import {
  endRecorded,
  isAlive,
  parseIdentity,
  processStart,
  recordedProcesses,
} from "../../../sandbox/cloud/processes.ts";
import { eventually } from "../../support/cloud.ts";

describe("the cloud's processes", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-pids-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("are recorded while they run", async () => {
    const processes = recordedProcesses(dir);
    const child = processes.spawn("sleep/er", "sleep", ["60"], { stdio: "ignore" });
    const [file = ""] = readdirSync(dir);
    const identity = parseIdentity(readFileSync(join(dir, file), "utf8"));
    assert.equal(identity?.pid, child.pid);
    assert.ok(identity && isAlive(identity));
    await processes.stop(child, 1000);
    assert.ok(identity && !isAlive(identity));
    assert.equal(existsSync(join(dir, file)), false);
    await processes.stop(child, 1000);
  });

  it("are killed with all they started when they ignore the request to stop", async () => {
    const processes = recordedProcesses(dir);
    const script = 'trap "" TERM; sleep 60 & echo $!; while :; do sleep 1; done';
    const child = processes.spawn("stubborn", "sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    const grandchild = Number(String(await new Promise((resolve) => child.stdout?.once("data", resolve))));
    await processes.stop(child, 50);
    assert.equal(child.signalCode, "SIGKILL");
    await eventually(() => processStart(grandchild) === undefined);
  });

  it("throw when their program is not there", () => {
    const missing = () =>
      recordedProcesses(dir)
        .spawn("none", "/nowhere/program", [])
        .once("error", () => undefined);
    assert.throws(missing, /none: \/nowhere\/program could not be started$/);
  });

  it("say which directory is missing where a process was to begin in one", () => {
    const nowhere = () => recordedProcesses(dir).spawn("none", process.execPath, [], { cwd: "/nowhere" });
    assert.throws(nowhere, /could not be started: there is no directory \/nowhere$/);
  });

  it("of an earlier run are ended by their records, and the records removed", async () => {
    const earlier = recordedProcesses(dir);
    const child = earlier.spawn("left", "sleep", ["60"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    assert.equal(await endRecorded(dir), 1);
    await ended;
    assert.deepEqual(readdirSync(dir), []);
    assert.equal(await endRecorded(join(dir, "none")), 0);
  });

  it("are told apart from others that reuse their id", () => {
    const other = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      const start = processStart(other.pid ?? 0) ?? null;
      assert.ok(isAlive({ pid: other.pid ?? 0, processStart: start }));
      assert.ok(!isAlive({ pid: other.pid ?? 0, processStart: "1" }));
    } finally {
      other.kill("SIGKILL");
    }
    assert.equal(parseIdentity("{"), undefined);
    assert.equal(parseIdentity('{"pid":1}'), undefined);
  });
});

describe("the paced clock", () => {
  it("scales waits by the pace", async () => {
    const clock = pacedClock(0.01);
    assert.equal(clock.paced(2000), 20);
    const startedAt = performance.now();
    await clock.wait(2000);
    assert.ok(performance.now() - startedAt >= 19);
  });

  it("gives up a wait that is aborted, with the reason", async () => {
    const abort = new AbortController();
    const waiting = pacedClock(1).wait(60_000, abort.signal);
    abort.abort(new Error("stopped"));
    await assert.rejects(waiting, /stopped/);
    await assert.rejects(pacedClock(1).wait(1, abort.signal), /stopped/);
  });
});
