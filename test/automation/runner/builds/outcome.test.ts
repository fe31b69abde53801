import assert from "node:assert/strict";
import { type BuildEnd, buildFailed, endOf } from "../../../../automation/runner/builds/outcome.ts";
import { buildspec } from "../../../../programs/components/runner/builds.ts";

const [pushed] = JSON.parse(buildspec).phases.build.commands as readonly string[];
const id = "switchyard-images-arm64:1";
const phase = (phaseType: string, phaseStatus: string, message?: string, statusCode = "COMMAND_EXECUTION_ERROR") => ({
  ...{ phaseType, phaseStatus },
  ...(message !== undefined && { contexts: [{ statusCode, message }] }),
});
const command = (what: string | undefined, code: number) =>
  `Error while executing command: ${what}. Reason: exit status ${code}`;
const began = [phase("SUBMITTED", "SUCCEEDED"), phase("INSTALL", "SUCCEEDED")];

describe("how a build ended", () => {
  for (const [what, buildStatus, phases, end] of [
    ["well", "SUCCEEDED", [...began, { phaseType: "COMPLETED" }], {}],
    [
      "with its push's exit code",
      "FAILED",
      [...began, phase("BUILD", "FAILED", command(pushed, 8)), phase("POST_BUILD", "SUCCEEDED")],
      { phase: "BUILD", why: `COMMAND_EXECUTION_ERROR: ${command(pushed, 8)}`, exitCode: 8 },
    ],
    [
      "without one, where another command failed",
      "FAILED",
      [phase("INSTALL", "FAILED", command("start-docker", 1))],
      { phase: "INSTALL", why: `COMMAND_EXECUTION_ERROR: ${command("start-docker", 1)}` },
    ],
    [
      "without one, where somebody stopped it",
      "STOPPED",
      [...began, phase("BUILD", "STOPPED", command(pushed, 143))],
      { phase: "BUILD", why: `COMMAND_EXECUTION_ERROR: ${command(pushed, 143)}` },
    ],
    ["for no reason that is given", "FAULT", [phase("PROVISIONING", "FAULT")], { phase: "PROVISIONING" }],
  ] as const)
    it(`is told: ${what}`, () => {
      const build = { id, buildStatus, phases: [...phases] } as Parameters<typeof endOf>[0];
      assert.deepEqual(endOf(build), { build: id, status: buildStatus, ...end });
    });

  const failed = (end: Partial<BuildEnd>, lines: readonly string[] = []) =>
    buildFailed({ build: id, status: "FAILED", phase: "BUILD", ...end }, lines);
  for (const [what, end, lines, says] of [
    ["by somebody", { status: "STOPPED" }, [], /somebody stopped it in BUILD\./],
    ["by the clock", { status: "TIMED_OUT" }, [], /longer than it may, and was ended in BUILD\./],
    [
      "before its push",
      { phase: "INSTALL", why: "exit status 1" },
      ["one", "two "],
      /FAILED in INSTALL \(exit status 1\); the last it wrote: one \| two\./,
    ],
    ["by AWS", { status: "FAULT", phase: "QUEUED" }, [], /FAULT in QUEUED\./],
  ] as const)
    it(`is an error where it ended ${what}`, () => {
      const error = failed(end, lines);
      assert.deepEqual([error.code, error.where], ["execution-failed", id]);
      assert.match(error.message, says);
    });
});
