import assert from "node:assert/strict";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import { firstPreview, withFault, withWideNetwork } from "../fixtures/recorded-faults.ts";
import { recordProgram } from "../fixtures/recording.ts";
import { audit } from "./support/audit.ts";

const tier = "production";

describe("a bad copy of the environment", () => {
  it("has more than 30 faults, and the good one none", async () => {
    assert.ok(badCopies.length >= 30);
    for (const program of ["environment", "pipeline"]) {
      const good = await recordProgram(program, tier);
      const wide = withWideNetwork(good);
      for (const stack of [good, firstPreview(good), wide, firstPreview(wide)]) {
        assert.deepEqual(mandatory(audit(stack, tier)), []);
      }
    }
  });

  for (const { fault, rule, change, knownLater, program = "environment" } of badCopies) {
    it(`${fault}: blocked by ${rule}`, async () => {
      const bad = withFault(await recordProgram(program, tier), change);
      for (const stack of [bad, withWideNetwork(bad)])
        assert.ok(mandatory(audit(stack, tier, rule)).includes(rule), `said: ${mandatory(audit(stack, tier))}`);

      const first = audit(firstPreview(bad), tier, rule);
      if (knownLater === undefined)
        assert.ok(mandatory(first).includes(rule), "also in an environment's first preview");
      else
        assert.ok(
          first.some((one) => one.rule.name === rule && one.kind === "undecided"),
          "a first preview says it is left to the update",
        );
    });
  }
});

function mandatory(verdicts: ReturnType<typeof audit>): string[] {
  return [
    ...new Set(
      verdicts.filter(({ level, kind }) => level === "mandatory" && kind === "violation").map(({ rule }) => rule.name),
    ),
  ];
}
