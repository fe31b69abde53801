import assert from "node:assert/strict";
import { refuseNotForJobs } from "../../../automation/runner/job-command.ts";

describe("a command for a job", () => {
  for (const command of [
    "drift production",
    "preview sweep",
    "run production --service api -- bootstrap --sandbox",
    "ci merge",
    "--json drift production",
    "constructor",
  ])
    it(`may be ${command}`, () => refuseNotForJobs(command.split(" ")));

  for (const [command, says] of [
    ["", /there is no command/],
    ["bootstrap", /never succeeds in a job: it needs a person's rights/],
    ["console --port 8080", /console --port 8080 never succeeds in a job/],
    ["--json runner list", /no role of the jobs may start/],
    ["runner list", /no role of the jobs may start/],
    ["sandbox start", /it works on one machine/],
    ["plan production --sandbox", /it works on one machine/],
  ] as const)
    it(`is not "${command}", and the error says why`, () => {
      assert.throws(() => refuseNotForJobs(command === "" ? [] : command.split(" ")), {
        code: "invalid-flag",
        message: says,
      });
    });
});
