import assert from "node:assert/strict";
import { Feed, type Told } from "../../../automation/console/feed.ts";
import type { EnvironmentView } from "../../../automation/console/views/environment.ts";
import { environment } from "./views.ts";

/** A clock whose pauses end when the test says so. */
class Steps {
  #sleepers: (() => void)[] = [];
  readonly clock = {
    now: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve();
        this.#sleepers.push(resolve);
        signal?.addEventListener("abort", () => resolve());
      }),
  };

  async next(): Promise<void> {
    for (const wake of this.#sleepers.splice(0)) wake();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function fed(look: (stack: string) => EnvironmentView | Promise<EnvironmentView>, stacks: () => readonly string[]) {
  const steps = new Steps();
  const looks: string[] = [];
  const told: Told[] = [];
  const feed = new Feed({
    stacks: async () => stacks(),
    look: async (stack) => {
      looks.push(stack);
      return look(stack);
    },
    reason: (error) => (error as Error).message,
    ...{ clock: steps.clock, everyMs: 1, stacksEveryMs: 1 },
  });
  return { feed, steps, looks, told, listen: () => feed.subscribe((one) => told.push(one)) };
}

describe("the console's feed", () => {
  it("looks at nothing before anybody listens, nor after", async () => {
    const { feed, steps, looks, listen } = fed(
      (stack) => environment({ stack }),
      () => ["a"],
    );
    await settled();
    assert.deepEqual(looks, []);
    const leave = listen();
    await settled();
    assert.deepEqual(looks, ["a"]);
    leave();
    await steps.next();
    await steps.next();
    assert.deepEqual(looks, ["a"]);
    assert.deepEqual(
      feed.views.map(({ stack }) => stack),
      ["a"],
    );
  });

  it("tells what changed, and nothing of what stayed", async () => {
    let green = 0;
    let at = 0;
    const { feed, steps, told, listen } = fed(
      (stack) => environment({ stack, at: at++ }, green),
      () => ["a"],
    );
    listen();
    await settled();
    await steps.next();
    green = 10;
    await steps.next();
    await steps.next();
    const weights = told.flatMap((one) => (one.kind === "environment" ? one.view.services[0]?.colours[1]?.weight : []));
    assert.deepEqual(weights, [0, 10]);
    assert.equal(feed.views[0]?.at, 2, "since it was first seen so");
  });

  it("tells of environments that come and go", async () => {
    let stacks = ["a"];
    const { feed, steps, told, listen } = fed(
      (stack) => environment({ stack }),
      () => stacks,
    );
    listen();
    await settled();
    stacks = ["b"];
    await steps.next();
    assert.deepEqual(
      told.map((one) => (one.kind === "environment" ? one.view.stack : one)),
      [{ kind: "found" }, "a", { kind: "gone", stack: "a" }, "b"],
    );
    assert.deepEqual(
      feed.views.map(({ stack }) => stack),
      ["b"],
    );
  });

  it("says once why nobody knows which there are, and once that it is over", async () => {
    let broken = true;
    const { steps, told, listen } = fed(
      (stack) => environment({ stack }),
      () => {
        if (broken) throw new Error("no backend");
        return [];
      },
    );
    listen();
    await settled();
    await steps.next();
    broken = false;
    await steps.next();
    assert.deepEqual(told, [{ kind: "trouble", why: "no backend" }, { kind: "trouble", why: "" }, { kind: "found" }]);
  });

  it("looks at eight at once at most, and at every one", async () => {
    const open: (() => void)[] = [];
    const names = Array.from({ length: 20 }, (_, i) => `e${i}`);
    const held = (stack: string) =>
      new Promise<EnvironmentView>((done) => open.push(() => done(environment({ stack }))));
    const { feed, looks, listen } = fed(held, () => names);
    listen();
    await settled();
    assert.equal(looks.length, 8);
    for (let turn = 0; turn < 20; turn++) {
      open.shift()?.();
      await settled();
      assert.ok(open.length <= 8);
    }
    assert.equal(feed.views.length, 20);
  });

  it("holds one view of each environment, however long it looks", async () => {
    let turn = 0;
    const { feed, steps, told, listen } = fed(
      (stack) => environment({ stack, troubles: [String(turn++)] }),
      () => ["a", "b"],
    );
    listen();
    await settled();
    for (let step = 0; step < 100; step++) await steps.next();
    assert.equal(feed.views.length, 2);
    assert.equal(told.filter(({ kind }) => kind === "environment").length, 202);
  });
});
