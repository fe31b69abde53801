import assert from "node:assert/strict";
import type { Machine, ProcessState } from "../../../../automation/ledger/holder.ts";
import { type EngineLock, judgeLock, parseLocks } from "../../../../automation/stacks/recover/lock.ts";

const identity = { host: "runner", pid: 40, boot: "b1", namespaces: "pid:[1]", started: "9" };
const at = Date.parse("2026-11-28T05:00:24.911Z");
const lock: EngineLock = { user: "root", host: "runner", pid: 41, at };
const left = { token: 7, host: "runner", identity, startedAt: at - 3_000 };
const on = (state: ProcessState, more: Partial<typeof identity> = {}): Machine => ({
  identity: { ...identity, pid: 50, ...more },
  process: () => state,
});

describe("an engine's refusal", () => {
  it("names who holds its lock, as the official engine says it", () => {
    const text = `error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://state/.pulumi/locks/organization/p/s/8e05.json: created by root@runner (pid 41) at 2026-11-28T05:00:24Z
  s3://state/.pulumi/locks/organization/p/s/9f16.json: created by ann.b@lap-top.local (pid 7) at 2026-11-28T06:00:00Z`;
    assert.deepEqual(parseLocks(text), [
      { user: "root", host: "runner", pid: 41, at: Date.parse("2026-11-28T05:00:24Z") },
      { user: "ann.b", host: "lap-top.local", pid: 7, at: Date.parse("2026-11-28T06:00:00Z") },
    ]);
  });
  it("names it as the embedded engine says it, in the midst of a line", () => {
    const text =
      "lock.json: the stack is currently locked by 1 lock(s): created by u@h (pid 3) at 2026-11-28T05:00:24.911Z. Wait";
    assert.deepEqual(parseLocks(text), [{ user: "u", host: "h", pid: 3, at: Date.parse("2026-11-28T05:00:24.911Z") }]);
    const east = "created by u@h (pid 3) at 2026-11-28T06:00:24+01:00";
    assert.equal(parseLocks(east)[0]?.at, Date.parse("2026-11-28T05:00:24Z"));
  });
  it("names none where it is about something else", () => {
    assert.deepEqual(parseLocks("error: no stack named 's' found"), []);
  });
});

describe("an engine's lock", () => {
  const cases: readonly (readonly [string, "left" | "working" | "another", Parameters<typeof judgeLock>])[] = [
    ["of an update that was cut short here, its engine gone", "left", [lock, left, on({ kind: "none" })]],
    ["whose engine still runs here", "working", [lock, left, on({ kind: "runs", started: "1" })]],
    ["of an update that was cut short on another machine", "left", [lock, left, on({ kind: "none" }, { boot: "b2" })]],
    [
      "of another namespace, where its process id is somebody else's",
      "left",
      [lock, left, on({ kind: "runs", started: "1" }, { namespaces: "pid:[2]" })],
    ],
    ["where the system tells nothing", "left", [lock, left, undefined]],
    [
      "a moment before what the ledger says, by a clock that was set",
      "left",
      [{ ...lock, at: left.startedAt - 4_000 }, left, on({ kind: "none" })],
    ],
    [
      "older than the update that was cut short",
      "another",
      [{ ...lock, at: left.startedAt - 6_000 }, left, on({ kind: "none" })],
    ],
    [
      "of another machine than the update that was cut short",
      "another",
      [{ ...lock, host: "lap-top" }, left, on({ kind: "none" })],
    ],
    ["where no update was cut short", "another", [lock, undefined, on({ kind: "none" })]],
    ["without a time", "another", [{ ...lock, at: Number.NaN }, left, on({ kind: "none" })]],
  ];
  for (const [what, verdict, args] of cases)
    it(`${what} is ${verdict}`, () => assert.equal(judgeLock(...args), verdict));
});
