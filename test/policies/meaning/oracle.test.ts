import assert from "node:assert/strict";
import fc from "fast-check";
import { cases } from "../support/generated-policies.ts";
import { compare } from "../support/oracle.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

describe("the evaluator of policies beside one nobody here wrote", () => {
  it(`says the same of generated documents and requests (SEED=${seed}); test/faults asks of 10,000`, async () => {
    const { compared, allowed, different } = await compare(fc.sample(cases, { numRuns: 800, seed }));
    assert.deepEqual(different, []);
    assert.ok(compared > 200 && allowed > 10, `compared ${compared}, of which ${allowed} allowed`);
  });
});
