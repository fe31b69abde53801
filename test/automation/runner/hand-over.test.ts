import assert from "node:assert/strict";
import { hadApplied, isJob, refuseWithoutRunner } from "../../../automation/runner/hand-over.ts";
import { executionOf, physicalName } from "../../../programs/components/runner/machine-names.ts";
import { deployStackIn, runnerOf } from "../../../programs/runner-of.ts";

describe("handing over to the runner", () => {
  for (const [what, stack, program, deployStack, says] of [
    [
      "a checkout without a runner",
      "pipeline",
      "pipeline",
      undefined,
      /runner of pipeline: .*no Pulumi\.runner\.yaml.*say github/,
    ],
    [
      "an environment that its jobs may not change",
      "staging",
      "environment",
      "production",
      /runner of staging: .*change production and no other.*deployStack/,
    ],
  ] as const)
    it(`is refused for ${what}`, () => {
      assert.throws(() => refuseWithoutRunner(stack, program, deployStack), { code: "invalid-config", message: says });
    });

  it("is done of the pipeline, and of the environment that its jobs deploy", () => {
    assert.equal(refuseWithoutRunner("pipeline", "pipeline", "production"), "production");
    assert.equal(refuseWithoutRunner("production", "environment", "production"), "production");
  });

  it("is never done by a job of the runner's: it would hand over without an end", () => {
    const job = { SWITCHYARD_EXECUTION: "arn:aws:states:us-east-1:123456789012:execution:switchyard-merge:pipeline-1" };
    assert.deepEqual([{}, { SWITCHYARD_EXECUTION: "" }, job].map(isJob), [false, false, true]);
  });

  for (const [error, outcome] of [
    ["WentBack", "back"],
    ["Frozen", "frozen"],
    ["Refused", undefined],
    ["NoTurn", undefined],
    [undefined, undefined],
  ] as const)
    it(`that ended as ${error} ${outcome === undefined ? "leaves others as they are" : `takes back others: ${outcome}`}`, () => {
      assert.equal(hadApplied(error), outcome);
    });
});

describe("where what is delivered to a stack is done", () => {
  for (const [stack, values, runner] of [
    ["production", {}, "github"],
    ["production", { runner: "aws" }, "aws"],
    ["production", { runner: "github" }, "github"],
    ["pipeline", { runner: "aws" }, "aws"],
    ["images", { runner: "aws" }, "github"],
    ["live", { program: "organization", runner: "aws" }, "github"],
  ] as const)
    it(`${stack} with ${JSON.stringify(values)}: ${runner}`, () => assert.equal(runnerOf(stack, values), runner));

  it("is nowhere else", () => {
    assert.throws(() => runnerOf("production", { runner: "azure" }), { code: "invalid-config", message: /runner/ });
  });

  it("is by a runner that deploys production, or what its file says", () => {
    assert.deepEqual([deployStackIn({}), deployStackIn({ deployStack: "live" })], ["production", "live"]);
    assert.throws(() => deployStackIn({ deployStack: "Not a name" }), { code: "invalid-config" });
  });
});

describe("the names of the runner's machines", () => {
  const arn = (machine: string) => `arn:aws:states:us-east-1:123456789012:execution:switchyard-${machine}:pipeline-0-1`;

  it("tell one environment's releases from another's", () => {
    assert.deepEqual(
      [physicalName("release", "live"), physicalName("merge", "live"), physicalName("plan-apply", "live")],
      ["switchyard-release-live", "switchyard-merge", "switchyard-plan-apply"],
    );
  });

  for (const [physical, machine] of [
    ["release-live", "release"],
    ["release-eu-1", "release"],
    ["plan-apply", "plan-apply"],
    ["merge", "merge"],
    ["release", undefined],
    ["other", undefined],
  ] as const)
    it(`are read from an execution of ${physical}: ${machine}`, () => {
      assert.deepEqual(executionOf(arn(physical)), machine && { machine, execution: "pipeline-0-1" });
    });
});
