import assert from "node:assert/strict";
import * as fc from "fast-check";
import { retriesWithin } from "../../../automation/aws/clients.ts";

/** What the SDK waits before each attempt, in milliseconds, where every one is refused with this kind of error. */
async function pauses(deadlineMs: number, random: number, errorType: "THROTTLING" | "TRANSIENT"): Promise<number[]> {
  const waited: number[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((then: () => void, ms: number) => {
    waited.push(ms);
    queueMicrotask(then);
  }) as unknown as typeof setTimeout;
  try {
    const strategy = retriesWithin(deadlineMs, () => random);
    let token = await strategy.acquireInitialRetryToken("");
    for (;;) token = await strategy.refreshRetryTokenForRetry(token, { errorType });
  } catch (error) {
    assert.match(String(error), /No retry token/);
    return waited;
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

describe("a call that is throttled", () => {
  it("is asked again after pauses that grow, and stop growing where four fit into its deadline", async () => {
    assert.deepEqual(await pauses(10_000, 1, "THROTTLING"), [1_000, 2_000, ...Array(7).fill(2_500)]);
  });

  it("is asked again at once where its connection broke", async () => {
    assert.deepEqual((await pauses(10_000, 1, "TRANSIENT")).slice(0, 4), [50, 100, 200, 400]);
  });

  it("never waits longer than a quarter of its deadline", async () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 60_000 }), chance, async (deadlineMs, random) => {
        const waited = await pauses(deadlineMs, random, "THROTTLING");
        assert.equal(waited.length, 9);
        assert.ok(waited.every((ms) => ms <= deadlineMs / 4));
      }),
    );
  });
});
