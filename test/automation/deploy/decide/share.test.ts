import assert from "node:assert/strict";
import { type Sample, samplesFor, wrongShare } from "../../../../automation/deploy/decide/share.ts";
import { randomOf } from "../../../support/world/time.ts";

const is = (release: "new" | "old"): Sample => ({ release });
const samples = (now: number, before: number): Sample[] => [
  ...Array<Sample>(now).fill(is("new")),
  ...Array<Sample>(before).fill(is("old")),
];
const failed = (count: number, stranger = false) => Array<Sample>(count).fill({ failed: "503", stranger });

describe("a sampled share", () => {
  it("is judged by at least 250 answers, and by more the smaller it is", () => {
    assert.deepEqual([1, 5, 6, 10, 50, 99].map(samplesFor), [1400, 280, 250, 250, 250, 250]);
  });
  it("may differ by what chance does", () => {
    for (const [now, right] of [
      [0, false],
      [1, false],
      [2, true],
      [25, true],
      [48, true],
      [49, false],
      [125, false],
    ] as const)
      assert.equal(wrongShare(samples(now, 250 - now), 10) === undefined, right, `${now} of 250`);
  });
  it("may fail now and then, and holds no third release", () => {
    assert.equal(wrongShare([...samples(25, 223), ...failed(2)], 10), undefined);
    assert.equal(wrongShare([...samples(25, 222), ...failed(3)], 10), "3 of 250 requests failed: 503");
    assert.equal(wrongShare([...samples(25, 224), ...failed(1, true)], 10), "503");
  });

  /** One window of answers at a true share, from a fixed sequence of numbers: the same on every run. */
  const random = randomOf(20_261_121);
  const refused = (percent: number, truly: number) => {
    const seen = Array.from({ length: samplesFor(percent) }, () => is(random() * 100 < truly ? "new" : "old"));
    return wrongShare(seen, percent) !== undefined;
  };
  it("is hardly ever refused when it is true: fewer than one in 1,000 windows at each weight", () => {
    for (let percent = 1; percent <= 99; percent += 7)
      assert.equal(
        Array.from({ length: 1_000 }, () => refused(percent, percent)).filter(Boolean).length,
        0,
        `${percent}%`,
      );
  });
  it("is always refused when it is far off", () => {
    for (const [percent, truly] of [
      [10, 50],
      [50, 10],
      [10, 0],
      [1, 10],
      [20, 50],
      [90, 50],
      [50, 100],
    ] as const)
      assert.ok(
        Array.from({ length: 500 }, () => refused(percent, truly)).every(Boolean),
        `${truly}% passes for ${percent}%`,
      );
  });
});
