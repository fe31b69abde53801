import assert from "node:assert/strict";
import { setSchedule } from "../../../automation/commands/schedule.ts";

describe("what a schedule may be called that is set here", () => {
  const set = (schedule: string) =>
    setSchedule({
      json: false,
      schedule,
      expression: "rate(1 day)",
      stack: "production",
      command: ["drift", "production"],
    });
  for (const [name, message] of [
    ["Drift", /"Drift" is not a name for a schedule/],
    ["drift_nightly", /is not a name for a schedule/],
    ["drift.", /is not a name for a schedule/],
    ["7-drift", /is not a name for a schedule/],
    ["preview-7", /ends of previews/],
  ] as const)
    it(`is not ${name}, before anything is asked of AWS`, async () => {
      await assert.rejects(set(name), { code: "invalid-flag", message });
    });
});
