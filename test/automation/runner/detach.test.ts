import assert from "node:assert/strict";
import { type Cause, meaningOf, type onInterruption } from "../../../automation/interruption.ts";
import { detachable } from "../../../automation/runner/detach.ts";

/** A terminal whose presses come at their moments, in milliseconds, while somebody waits for them. */
function terminal(presses: readonly (readonly [at: number, cause: Cause])[]) {
  let now = 0;
  let firstAt: number | undefined;
  let heard: Parameters<typeof onInterruption>[0] = () => undefined;
  const left = [...presses];
  const said: string[] = [];
  let cancels = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      const end = now + ms;
      while (!signal?.aborted && left[0] !== undefined && left[0][0] <= end) {
        const [at, cause] = left.shift() as (typeof left)[number];
        now = Math.max(now, at);
        const meaning = meaningOf(cause, now, firstAt);
        firstAt ??= now;
        heard(cause, meaning);
      }
      if (!signal?.aborted) now = end;
    },
  };
  const run = (lastsMs: number) =>
    detachable(
      async (detach) => {
        await clock.sleep(lastsMs, detach);
        return "followed" as const;
      },
      {
        ...{ clock, execution: "production-1", say: (line) => said.push(line), graceMs: 5_000 },
        again: "switchyard runner follow production-1",
        cancel: async () => void cancels++,
        watch: (interrupt) => {
          heard = interrupt;
          return () => said.push("deaf again");
        },
      },
    );
  return { run, said, cancels: () => cancels };
}

describe("following that is ended before the execution is", () => {
  for (const [what, presses, lasts, outcome, cancels] of [
    ["is not ended by nobody", [], 1_000, "followed", 0],
    ["leaves it running by a Ctrl-C", [[100, "SIGINT"]], 10_000, "detached", 0],
    [
      "takes what one press sends twice for one",
      [
        [100, "SIGINT"],
        [150, "SIGINT"],
      ],
      10_000,
      "detached",
      0,
    ],
    [
      "cancels by a second Ctrl-C",
      [
        [100, "SIGINT"],
        [2_000, "SIGINT"],
      ],
      10_000,
      "cancelled",
      1,
    ],
    [
      "does not cancel by one that comes too late",
      [
        [100, "SIGINT"],
        [9_000, "SIGINT"],
      ],
      10_000,
      "detached",
      0,
    ],
    ["only leaves by another signal", [[100, "SIGTERM"]], 10_000, "detached", 0],
  ] as const)
    it(what, async () => {
      const { run, said, cancels: counted } = terminal(presses);
      assert.equal(await run(lasts), outcome);
      assert.equal(counted(), cancels);
      assert.equal(said.at(-1), "deaf again");
      const more = presses[0]?.[1] === "SIGINT";
      if (outcome !== "followed") assert.equal(/Ctrl-C once more cancels it/.test(said[0] ?? ""), more);
    });
});
