import assert from "node:assert/strict";
import { expressionProblem } from "../../../../automation/runner/schedule-expression.ts";
import { nextAt } from "../../../../sandbox/cloud/schedules/expression.ts";

/** A Sunday. */
const after = Date.parse("2026-11-29T10:07:30Z");

describe("a schedule of the sandbox fires next", () => {
  for (const [expression, at] of [
    ["at(2026-12-24T18:00:00)", "2026-12-24T18:00:00.000Z"],
    ["at(2026-11-29T10:00:00)", undefined],
    ["rate(1 minute)", "2026-11-29T10:08:30.000Z"],
    ["rate(36 hours)", "2026-11-30T22:07:30.000Z"],
    ["cron(0/15 * * * ? *)", "2026-11-29T10:15:00.000Z"],
    ["cron(7 10 * * ? *)", "2026-11-30T10:07:00.000Z"],
    ["cron(0 6 ? * MON-FRI *)", "2026-11-30T06:00:00.000Z"],
    ["cron(0 6 ? * SUN *)", "2026-12-06T06:00:00.000Z"],
    ["cron(0 0 29 FEB ? *)", "2028-02-29T00:00:00.000Z"],
    ["cron(0 0 31 1,12 ? *)", "2026-12-31T00:00:00.000Z"],
    ["cron(0 0 1 1 ? 2020)", undefined],
  ] as const)
    it(`${expression}: ${at ?? "never"}`, () => {
      const next = nextAt(expression, after);
      assert.equal(next === undefined ? undefined : new Date(next).toISOString(), at);
    });

  for (const expression of ["daily", "rate(5 seconds)", "cron(0 6 * * * *)", "cron(60 6 ? * 2 *)", "at(soon)"])
    it(`not at all for ${expression}, which the command line refuses as well`, () => {
      assert.throws(() => nextAt(expression, after), { code: "ValidationException" });
      assert.notEqual(expressionProblem(expression, after), undefined);
    });
});
