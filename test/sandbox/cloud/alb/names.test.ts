import assert from "node:assert/strict";
import fc from "fast-check";
import { answered } from "../../../../sandbox/cloud/alb/names.ts";

const records = (...weights: readonly (number | undefined)[]) =>
  weights.map((Weight, at) => ({ at, ...(Weight !== undefined && { Weight }) }));

describe("the cloud's DNS", () => {
  for (const [weights, drawn, expected] of [
    [[undefined], 0.9, 0],
    [[255, 0], 0.999, 0],
    [[0, 255], 0, 1],
    [[1, 3], 0.2, 0],
    [[1, 3], 0.3, 1],
    [[0, 0], 0.4, 0],
    [[0, 0], 0.6, 1],
    [[], 0.5, undefined],
  ] as const)
    it(`answers with record ${expected} of weights ${JSON.stringify(weights)} at ${drawn}`, () =>
      assert.equal(answered(records(...weights), drawn)?.at, expected));

  it("answers with each as often as its weight says", () => {
    const weight = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 5 }), (weights) => {
        const draws = 1000;
        const counts = weights.map(() => 0);
        for (let n = 0; n < draws; n++) {
          const at = answered(records(...weights), n / draws)?.at ?? assert.fail("none");
          counts[at] = (counts[at] ?? 0) + 1;
        }
        const sum = weights.reduce((all, one) => all + one, 0);
        for (const [at, one] of weights.entries()) {
          const share = sum === 0 ? 1 / weights.length : one / sum;
          assert.ok(Math.abs((counts[at] ?? 0) - share * draws) <= weights.length, `${weights} ${counts}`);
        }
      }),
    );
  });
});
