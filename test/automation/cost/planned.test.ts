import assert from "node:assert/strict";
import { pricedConfig } from "../../../automation/cost/planned.ts";
import { runnerValues, values } from "../../programs/fixtures.ts";

describe("what a plan says of a month's cost", () => {
  const cost = { maxMonthlyUsd: 7, hours: 700 };

  it("is of an environment with its services, and of the runner, which has none", () => {
    const environment = pricedConfig({ name: "sandbox", values: { ...values(), cost } });
    assert.deepEqual([environment?.cost.maxMonthlyUsd, Object.keys(environment?.services ?? {})], [7, ["web", "api"]]);
    const runner = pricedConfig({ name: "runner", values: { ...runnerValues, cost } });
    assert.deepEqual([runner?.cost.hours, runner?.services], [700, {}]);
  });

  it("is nothing where no use of a stack is known", () => {
    for (const name of ["pipeline", "images", "organization"])
      assert.equal(pricedConfig({ name, values: {} }), undefined);
  });
});
