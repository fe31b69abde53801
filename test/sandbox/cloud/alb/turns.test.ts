import assert from "node:assert/strict";
import { Turns } from "../../../../sandbox/cloud/alb/turns.ts";

describe("turns", () => {
  /** A piece of work that ends when it is told to. */
  function work(log: string[], name: string) {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const begin = async () => {
      log.push(`${name} begins`);
      await promise;
      log.push(`${name} ends`);
    };
    return { begin, end };
  }

  it("are one after the other of one thing, and side by side of several", async () => {
    const [turns, log] = [new Turns(), [] as string[]];
    const [first, second, other] = [work(log, "first"), work(log, "second"), work(log, "other")];
    const all = [turns.next("a", first.begin), turns.next("a", second.begin), turns.next("b", other.begin)];
    await new Promise(setImmediate);
    assert.deepEqual(log, ["first begins", "other begins"]);
    for (const { end } of [other, first, second]) end();
    await Promise.all(all);
    assert.deepEqual(log.slice(2), ["other ends", "first ends", "second begins", "second ends"]);
  });

  it("of several things at once wait for all of them, in whatever order they are named", async () => {
    const [turns, log] = [new Turns(), [] as string[]];
    const [before, both, back] = [work(log, "before"), work(log, "both"), work(log, "back")];
    const all = [turns.next("b", before.begin), turns.all(["a", "b"], both.begin), turns.all(["b", "a"], back.begin)];
    for (const { end } of [back, both]) end();
    await new Promise(setImmediate);
    assert.deepEqual(log, ["before begins"]);
    before.end();
    await Promise.all(all);
    assert.deepEqual(log.slice(1), ["before ends", "both begins", "both ends", "back begins", "back ends"]);
  });

  it("of a thing that is named twice, or of none, do not wait for themselves", async () => {
    const turns = new Turns();
    assert.equal(await turns.all(["a", "b", "a"], () => 1), 1);
    assert.equal(await turns.all([], () => 2), 2);
  });

  it("go on after one that failed", async () => {
    const turns = new Turns();
    const failing = turns.all(["a"], () => Promise.reject(new Error("no")));
    const next = turns.next("a", () => 1);
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(await next, 1);
  });

  it("share a refresh that has not begun", async () => {
    const turns = new Turns();
    let refreshes = 0;
    const refresh = () => turns.refresh("a", async () => ++refreshes);
    const first = refresh();
    await new Promise(setImmediate);
    assert.deepEqual(await Promise.all([first, refresh(), refresh()]), [1, 2, 2]);
  });
});
