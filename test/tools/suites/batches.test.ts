import assert from "node:assert/strict";
import * as fc from "fast-check";
import { batchesOf, type Weighed } from "./batches.ts";

const weighed = (file: string, seconds: number, shares?: string): Weighed => ({ file, seconds, shares });

describe("batches of suites", () => {
  it("are one for what is over soon", () => {
    const files = [weighed("a", 5), weighed("b", 1), weighed("c", 4)];
    assert.deepEqual(batchesOf(files, 3), [{ files: ["a", "c", "b"], seconds: 10 }]);
  });

  it("give what takes long a process of its own, and begin with it", () => {
    const files = [weighed("short", 6), weighed("long", 90), weighed("other", 7)];
    assert.deepEqual(
      batchesOf(files, 2).map((batch) => batch.files[0]),
      ["long", "other", "short"],
    );
  });

  it("divide what shares something no further than into one a process", () => {
    const files = Array.from({ length: 20 }, (_, i) => weighed(`${i}`, 30, "useCloud"));
    assert.deepEqual(
      batchesOf(files, 2).map((batch) => batch.seconds),
      [300, 300],
    );
  });

  it("hold every file once, and none longer than needed", () => {
    const file = fc.record({
      seconds: fc.double({ min: 0.1, max: 500, noNaN: true }),
      shares: fc.constantFrom(undefined, "useCloud", "useReleases"),
    });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1 }), fc.integer({ min: 1, max: 4 }), (each, processes) => {
        const files = each.map((one, i) => ({ file: `${i}`, ...one }));
        const batches = batchesOf(files, processes);
        assert.deepEqual(batches.flatMap((batch) => batch.files).sort(), files.map((one) => one.file).sort());
        const total = files.reduce((sum, { seconds }) => sum + seconds, 0);
        const longest = Math.max(...files.map(({ seconds }) => seconds));
        // Three kinds are divided apart from each other: each may be in as many parts as there are processes.
        for (const { seconds } of batches) assert.ok(seconds <= longest + Math.max(15, total / processes) + 1e-6);
        const seconds = batches.map((batch) => batch.seconds);
        assert.deepEqual(
          seconds,
          seconds.toSorted((a, b) => b - a),
        );
      }),
    );
  });
});
