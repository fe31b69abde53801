import assert from "node:assert/strict";
import { callLines, callsBetween, median, quantile, rounded, table, total } from "../../bench/measure.ts";
import { waitingMs } from "../../bench/releases.ts";

describe("the benches' figures", () => {
  it("take the middle and the tail of samples in any order", () => {
    const samples = [5, 1, 4, 2, 3];
    assert.equal(median(samples), 3);
    assert.equal(quantile(samples, 0.99), 5);
    assert.equal(quantile(samples, 0), 1);
    assert.equal(quantile(samples, 1), 5);
    assert.ok(Number.isNaN(median([])));
  });

  it("count the calls made between two moments, by API", () => {
    const calls = callsBetween({ "elb.ModifyRule": 1, "ecs.List": 2 }, { "elb.ModifyRule": 3, "ecs.List": 2, a: 1 });
    assert.deepEqual(calls, { a: 1, "elb.ModifyRule": 2 });
    assert.equal(total(calls), 3);
  });

  it("leave out of a deploy what it waited for", () => {
    const steps = ["stage", "healthy", "prove", "shift 100%", "bake", "healthy"].map((name, i) => ({
      name,
      ms: 10 ** i,
      awsCalls: 0,
    }));
    assert.equal(waitingMs({ steps }), 10 + 100 + 10_000 + 100_000);
  });

  it("say whether a figure keeps its limit, and nothing where it has none or was not taken", () => {
    const text = table({
      bench: "b",
      rows: [
        { what: "good", value: 2, unit: "ms", limit: 2 },
        { what: "bad", value: 2.345, unit: "×", limit: 2 },
        { what: "absent", value: Number.NaN, unit: "ms", note: "not present" },
      ],
    });
    assert.deepEqual(
      text.split("\n").map((line) => line.trim().replace(/ {2,}/g, " | ")),
      ["b", "good | 2 ms | within 2", "bad | 2.35 × | OVER 2", "absent | - ms | not present"],
    );
    assert.equal(rounded(12.6), 13);
  });
  it("stand under the name of their group, once", () => {
    const row = { value: 1, unit: "ms" } as const;
    const rows = ["near", "near", "far"].map((group, i) => ({ ...row, group, what: String(i) }));
    assert.equal(table({ bench: "b", rows }), "b\n near:\n  0  1 ms\n  1  1 ms\n far:\n  2  1 ms");
  });
  it("say which AWS calls were made, most of all first", () => {
    const calls = { "a shift": { "elb.ModifyRule": 1, "dynamodb.Query": 3, "ecs.DescribeServices": 1 } };
    assert.deepEqual(callLines({ bench: "x", rows: [], calls }), [
      "  AWS calls of a shift: dynamodb.Query 3, ecs.DescribeServices 1, elb.ModifyRule 1",
    ]);
    assert.deepEqual(callLines({ bench: "x", rows: [] }), []);
  });
});
