import assert from "node:assert/strict";
import fc from "fast-check";
import { type Case, cases } from "../policies/support/generated-policies.ts";
import { compare, differences, ours, theirs } from "../policies/support/oracle.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

describe("the evaluator of policies beside one nobody here wrote, at length", function () {
  this.timeout(240_000);

  it(`says the same of 10,000 generated documents and requests, but for the differences it names (SEED=${seed})`, async () => {
    const wanted = 10_000;
    let [compared, allowed] = [0, 0];
    const different: string[] = [];
    for (let round = 0; compared < wanted; round++) {
      const found = await compare(fc.sample(cases, { numRuns: 2000, seed: seed + round }));
      compared += found.compared;
      allowed += found.allowed;
      different.push(...found.different);
    }
    assert.deepEqual(different.slice(0, 3), []);
    assert.ok(allowed > wanted / 50, `only ${allowed} were allowed`);
  });

  for (const { why, concerns } of differences) {
    it(`differs where it says so: ${why}`, async () => {
      let shown: Case | undefined;
      for (let round = 0; round < 400 && shown === undefined; round++) {
        for (const one of fc.sample(cases, { numRuns: 500, seed: round }).filter(concerns)) {
          const others = differences.filter((each) => each.concerns !== concerns);
          if (others.some((each) => each.concerns(one))) continue;
          const expected = await theirs(one);
          if (expected === undefined || expected === ours(one)) continue;
          shown = one;
          break;
        }
      }
      assert.ok(shown !== undefined, "the two no longer differ: take it off the list");
    });
  }
});
