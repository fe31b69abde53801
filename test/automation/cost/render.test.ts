import assert from "node:assert/strict";
import { costLine } from "../../../automation/cost/render.ts";

describe("what a change makes of a month, in a line", () => {
  const none = { components: [], before: 10, after: 10, notIn: [] };
  const cases: readonly (readonly [what: string, stacks: Parameters<typeof costLine>[0], line: string | undefined])[] =
    [
      ["nothing of stacks without a cost", [{ stack: "pipeline" }], undefined],
      ["no change", [{ stack: "live", cost: none }], "live +$0.00, to $10.00"],
      ["less", [{ stack: "live", cost: { ...none, before: 12.5 } }], "live -$2.50, to $10.00"],
      [
        "what has no price, by name",
        [{ stack: "live", cost: { ...none, after: 11, notIn: ["aws:x/y:Z"] } }],
        "live +$1.00, to $11.00, without a price: aws:x/y:Z",
      ],
      [
        "each stack, and of which nothing is known",
        [{ stack: "live", cost: none }, { stack: "pipeline" }, { stack: "test", cost: "AccessDenied" }],
        "live +$0.00, to $10.00; test not known: AccessDenied",
      ],
    ];
  for (const [what, stacks, line] of cases) it(`says ${what}`, () => assert.equal(costLine(stacks), line));
});
