import assert from "node:assert/strict";
import type { BuildPhaseType } from "@aws-sdk/client-codebuild";
import { commandsOf, nextPhase } from "../../../../sandbox/cloud/codebuild/buildspec.ts";

describe("a buildspec", () => {
  it("has commands by phase, and none where it names none", () => {
    const spec = { version: 0.2, phases: { install: { commands: ["a"] }, build: { commands: ["b", "c"] } } };
    const commands = { INSTALL: ["a"], PRE_BUILD: [], BUILD: ["b", "c"], POST_BUILD: [] };
    assert.deepEqual(commandsOf(JSON.stringify(spec)), commands);
  });

  for (const [what, spec, says] of [
    ["an older version", { version: 0.1 }, /version/],
    ["artifacts", { version: 0.2, artifacts: { files: ["x"] } }, /artifacts/],
    ["a way of going on", { version: 0.2, phases: { build: { "on-failure": "CONTINUE" } } }, /on-failure of build/],
  ] as const)
    it(`refuses ${what}, which the sandbox has not`, () => {
      assert.throws(() => commandsOf(JSON.stringify(spec)), { code: "InvalidInputException", message: says });
    });

  const way = (failing?: BuildPhaseType) => {
    const phases: BuildPhaseType[] = [];
    for (let phase: BuildPhaseType = "SUBMITTED"; phase !== "COMPLETED"; phase = nextPhase(phase, phase !== failing))
      phases.push(phase);
    return phases.slice(phases.indexOf("INSTALL"));
  };
  for (const [failing, follows] of [
    [undefined, ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"]],
    ["INSTALL", ["INSTALL", "FINALIZING"]],
    ["PRE_BUILD", ["INSTALL", "PRE_BUILD", "FINALIZING"]],
    ["BUILD", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"]],
  ] as const)
    it(`goes on as AWS's does where ${failing ?? "nothing"} fails`, () => {
      assert.deepEqual(way(failing), follows);
    });
});
