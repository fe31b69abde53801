import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Weighed } from "./batches.ts";
import { recordedSeconds, sharedBy, suiteSet } from "./sets.ts";
import { filesOfTurn, turnOf, turns } from "./turns.ts";

const every = Array.from({ length: turns }, (_, turn) => turn);

describe("turns of the slow suites", () => {
  it("run every suite in one of them, and those for every commit in all", () => {
    const set = suiteSet("faults");
    const seconds = recordedSeconds();
    const files = set.files.map((file) => ({ file, seconds: seconds[file] ?? set.guess, shares: sharedBy(file) }));
    const run = every.map((turn) => filesOfTurn(files, turn).map(({ file }) => file));
    assert.deepEqual([...new Set(run.flat())].sort(), set.files);
    const counts = Map.groupBy(run.flat(), (file) => file);
    const always = [...counts].filter(([, times]) => times.length > 1).map(([file]) => file);
    assert.ok(always.includes("test/faults/story.test.ts"), always.join());
    for (const file of always) assert.equal(counts.get(file)?.length, turns, file);
  });

  it("take about as long as each other", () => {
    const one = fc.double({ min: 0.1, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.array(one, { minLength: turns }), (durations) => {
        const files: Weighed[] = durations.map((seconds, i) => ({ file: `${i}`, seconds, shares: undefined }));
        const took = every.map((turn) => filesOfTurn(files, turn).reduce((sum, { seconds }) => sum + seconds, 0));
        assert.ok(Math.max(...took) - Math.min(...took) <= Math.max(...durations) + 1e-6, took.join());
      }),
    );
  });

  it("are the same for everyone who runs a commit, and no commit's more often than another's", () => {
    assert.equal(
      turnOf("10635860000000000000000000000000000000ff"),
      turnOf("10635860ffffffffffffffffffffffffffffffff"),
    );
    const commit = fc.stringMatching(/^[0-9a-f]{40}$/);
    const drawn = fc.sample(commit, { numRuns: 3_000, seed: 1 }).map(turnOf);
    for (const turn of every) assert.ok(drawn.filter((one) => one === turn).length > (3_000 / turns) * 0.85, `${turn}`);
  });
});
