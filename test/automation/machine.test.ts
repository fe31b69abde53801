import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isProvenDead, type Machine } from "../../automation/ledger/holder.ts";
import { parseStat, thisMachine } from "../../automation/machine.ts";

describe("a line of proc(5)'s stat", () => {
  const rest = "1 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 11 0 123456 99 98";
  it("says when the process started, whatever its name is", () => {
    for (const name of ["node", "a b", ") Z 1 (", "((", "S 9"])
      assert.deepEqual(parseStat(`17 (${name}) S ${rest}`), { ended: false, started: "123456" });
  });
  it("says that it has ended", () => {
    for (const state of ["Z", "X"]) assert.equal(parseStat(`17 (node) ${state} ${rest}`)?.ended, true);
    for (const state of ["R", "S", "D", "T", "t", "I"])
      assert.equal(parseStat(`17 (node) ${state} ${rest}`)?.ended, false);
  });
  it("is not believed when it is none", () => {
    for (const text of ["", "17", "17 (node)", "17 (node) S", "17 (node) S 1 2", "nonsense ) ( 1"])
      assert.equal(parseStat(text), undefined);
  });
});

describe("this machine", () => {
  let machine: Machine;
  before(function () {
    const found = thisMachine();
    if (!found) {
      console.log("      skipped: this system has no /proc, so that no process is ever known to be dead");
      return this.skip();
    }
    machine = found;
  });

  it("tells of itself, always the same", () => {
    assert.equal(machine.identity.pid, process.pid);
    assert.match(machine.identity.boot, /^[0-9a-f-]{36}$/);
    assert.match(machine.identity.namespaces, /^pid:\[\d+\] (time:\[\d+\])?$/);
    assert.deepEqual(thisMachine()?.identity, machine.identity);
  });

  it("knows a process that runs from one that has ended, reaped or not", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" });
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    const state = machine.process(pid);
    assert.equal(state.kind, "runs");
    const holder = { ...machine.identity, pid, started: state.kind === "runs" ? state.started : "" };
    assert.equal(isProvenDead(holder, machine), false);
    assert.equal(isProvenDead({ ...holder, started: "1" }, machine), true);
    child.kill("SIGSTOP");
    assert.equal(isProvenDead(holder, machine), false, "one that was stopped may go on");
    child.kill("SIGKILL");
    await once(child, "close");
    assert.equal(isProvenDead(holder, machine), true);
  });
});
