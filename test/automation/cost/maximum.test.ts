import assert from "node:assert/strict";
import { refuseAbove } from "../../../automation/cost/maximum.ts";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";
import type { SwitchyardError } from "../../../programs/errors.ts";

describe("what a month may cost", () => {
  it("is not exceeded: an estimate above it is refused, naming the key and both figures", () => {
    assert.throws(
      () => refuseAbove("production", 120.01, 120),
      (error: SwitchyardError) => {
        assert.equal(error.code, "over-budget");
        assert.match(error.message, /switchyard:cost\.maxMonthlyUsd.*at least \$120\.01, and may cost \$120/);
        return true;
      },
    );
    assert.equal(errorCatalogue["over-budget"].exitCode, 26);
  });

  it("may be reached, and is no matter where none is set", () => {
    refuseAbove("production", 120, 120);
    refuseAbove("production", 1_000_000, undefined);
  });
});
