import assert from "node:assert/strict";
import fc from "fast-check";
import { destroyOrder, referredTo, type StandingStack, standingStack } from "../../../automation/teardown/order.ts";
import { programNames } from "../../../programs/config.ts";

const stack = (name: string, program: StandingStack["program"], ...needs: string[]) => ({ name, program, needs });
const order = (...stacks: readonly StandingStack[]) => destroyOrder(stacks).map(({ name }) => name);

describe("the order in which all stacks are destroyed", () => {
  const cases: readonly (readonly [what: string, stacks: readonly StandingStack[], names: readonly string[]])[] = [
    ["nothing", [], []],
    [
      "the usual ones",
      [
        stack("organization", "organization"),
        stack("registry", "registry"),
        stack("pipeline", "pipeline"),
        stack("images", "images", "pipeline"),
        stack("sandbox", "environment", "pipeline"),
        stack("production", "environment", "pipeline"),
      ],
      ["production", "sandbox", "images", "pipeline", "registry", "organization"],
    ],
    [
      "an environment whose pipeline has another name",
      [stack("tools", "pipeline"), stack("production", "environment", "tools")],
      ["production", "tools"],
    ],
    ["a pipeline that needs another", [stack("a", "pipeline"), stack("b", "pipeline", "a")], ["b", "a"]],
    ["one that needs what is not there", [stack("images", "images", "pipeline")], ["images"]],
  ];
  for (const [what, stacks, names] of cases)
    it(`of ${what}`, () => {
      assert.deepEqual(order(...stacks), names);
      assert.deepEqual(order(...stacks.toReversed()), names);
    });

  it("has each stack once, and none before one that needs it", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    // Without circles: each needs only such as come before it.
    const stacks = fc.tuple(
      ...names.map((name, i) =>
        fc.record({
          name: fc.constant(name),
          program: fc.constantFrom(...programNames),
          needs: fc.subarray(names.slice(0, i)),
        }),
      ),
    );
    fc.assert(
      fc.property(stacks, (all) => {
        const ordered = destroyOrder(all);
        assert.deepEqual(ordered.map(({ name }) => name).sort(), names);
        const place = new Map(ordered.map(({ name }, i) => [name, i]));
        for (const { name, needs } of all)
          for (const need of needs) assert.ok((place.get(name) ?? 0) < (place.get(need) ?? 0), `${name} needs ${need}`);
      }),
    );
  });

  it("ends where stacks need each other", () => {
    assert.deepEqual(order(stack("b", "pipeline", "a"), stack("a", "pipeline", "b")), ["a", "b"]);
  });

  it("takes what a stack needs from its configuration", () => {
    const needs = (name: string, values: object) => standingStack(name, { tier: "development", ...values }).needs;
    assert.deepEqual(needs("pr-7", { services: {}, network: { of: "staging" } }), ["pipeline", "staging"]);
    assert.deepEqual(needs("staging", { services: {}, pipelineStack: "o/switchyard/tools" }), ["tools"]);
    assert.deepEqual(needs("runner", { image: "i" }), ["pipeline"]);
    assert.deepEqual(needs("pipeline", {}), []);
  });

  it("reads the stack a reference names, the default one where none is given", () => {
    assert.equal(referredTo("organization/switchyard/tools"), "tools");
    assert.equal(referredTo(undefined), "pipeline");
  });
});
