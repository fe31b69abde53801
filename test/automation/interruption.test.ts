import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import fc from "fast-check";
import {
  type Cause,
  isCi,
  isOrphaned,
  meaningOf,
  onInterruption,
  watchParents,
} from "../../automation/interruption.ts";
import { VirtualTime } from "../support/world/time.ts";

const causes: readonly Cause[] = ["SIGINT", "SIGTERM", "SIGHUP", "parent"];

describe("an interruption", () => {
  it("is the first, whatever it is, where there was none", () => {
    for (const cause of causes) assert.equal(meaningOf(cause, 5, undefined), "first");
  });
  const table: readonly (readonly [Cause, number, "same" | "again"])[] = [
    ["SIGINT", 0, "same"],
    ["SIGINT", 250, "same"],
    ["SIGINT", 251, "again"],
    ["SIGINT", 60_000, "again"],
    ["SIGTERM", 0, "same"],
    ["SIGTERM", 7_500, "same"],
    ["SIGHUP", 7_500, "same"],
    ["parent", 7_500, "same"],
  ];
  for (const [cause, after, meaning] of table)
    it(`by ${cause}, ${after} ms after the first, is ${meaning === "again" ? "another" : "the same"}`, () =>
      assert.equal(meaningOf(cause, 1_000 + after, 1_000), meaning));

  it("ends a command at once for a second Ctrl-C only", () =>
    fc.assert(
      fc.property(fc.constantFrom(...causes), fc.nat(100_000), (cause, after) => {
        if (meaningOf(cause, after, 0) === "again") assert.equal(cause, "SIGINT");
      }),
    ));
});

describe("CI", () => {
  for (const [value, expected] of [
    [undefined, false],
    ["", false],
    ["0", false],
    ["false", false],
    ["False", false],
    ["true", true],
    ["1", true],
    ["woodpecker", true],
  ] as const)
    it(`is ${expected ? "" : "not "}where CI is ${JSON.stringify(value)}`, () =>
      assert.equal(isCi(value === undefined ? {} : { CI: value }), expected));
});

describe("the processes that led to this one", () => {
  it("are gone when one of them is", () => {
    assert.equal(isOrphaned([40, 30, 20], [40, 30, 20]), false);
    assert.equal(isOrphaned([40, 30, 20], [1]), true);
    assert.equal(isOrphaned([40, 30, 20], [40]), true, "npx was killed, its shell waits on");
    assert.equal(isOrphaned([40, 30, 20], [40, 1]), true);
    assert.equal(isOrphaned([], []), false);
  });

  const time = new VirtualTime();
  const clock = {
    now: () => time.now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        time.after(ms, resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
  /** Watches looks that come one after the other, the last again and again; true when the parents were seen to be gone. */
  async function watched(...looks: readonly (readonly number[])[]): Promise<boolean> {
    const over = new AbortController();
    let n = 0;
    let done = false;
    const watching = watchParents(() => looks[Math.min(n++, looks.length - 1)] ?? [], clock, over.signal);
    void watching.then(() => {
      done = true;
    });
    time.after(10_000, () => over.abort());
    await time.run(() => done, 20_000);
    return watching;
  }
  it("are watched until the command is over", async () => {
    assert.equal(await watched([40, 30]), false);
    assert.equal(await watched([40, 30], [1]), true);
  });
  it("are not gone because one look at them failed", async () => {
    assert.equal(await watched([40, 30], [40], [40, 30]), false);
  });
});

describe("what is listened to", () => {
  const met: string[] = [];
  const clock = { now: () => 0, sleep: () => new Promise<void>(() => {}) };
  // Not this process: the test runner listens there as well.
  const signals = new EventEmitter();
  const listen = (ci: boolean) =>
    onInterruption((cause, meaning) => met.push(`${cause} ${meaning}`), { clock, ci, signals });
  const emit = (signal: NodeJS.Signals) => signals.emit(signal);
  beforeEach(() => met.splice(0));

  it("is a hangup in CI only: elsewhere it changes nothing", () => {
    for (const ci of [true, false]) {
      const end = listen(ci);
      emit("SIGHUP");
      end();
    }
    assert.deepEqual(met, ["SIGHUP first"]);
  });
  it("is SIGTERM and Ctrl-C everywhere, and nothing after the end", () => {
    const end = listen(false);
    emit("SIGTERM");
    emit("SIGINT");
    end();
    assert.equal(signals.listenerCount("SIGHUP"), 0);
    assert.deepEqual(met, ["SIGTERM first", "SIGINT same"]);
  });
});
