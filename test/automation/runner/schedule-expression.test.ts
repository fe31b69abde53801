import assert from "node:assert/strict";
import { expressionProblem } from "../../../automation/runner/schedule-expression.ts";

const now = Date.parse("2026-11-29T10:00:00Z");

describe("a schedule's expression", () => {
  for (const expression of [
    "at(2026-11-29T10:00:01)",
    "at(2028-02-29T00:00:00)",
    "rate(1 minute)",
    "rate(30 minutes)",
    "rate(7 days)",
    "cron(0 6 ? * MON-FRI *)",
    "cron(0/15 8-18 1,15 * ? 2027)",
    "cron(0 0 L * ? *)",
    "cron(0 0 15W JAN-MAR ? *)",
    "cron(30 4 ? * 6#3 2026-2030)",
    "cron(*/5 * * * ? *)",
  ])
    it(`may be ${expression}`, () => assert.equal(expressionProblem(expression, now), undefined));

  for (const [expression, says] of [
    ["", /none of at/],
    ["daily", /none of at/],
    ["rate(1 day) ", /none of at/],
    ["at(2026-11-29T10:00:00)", /UTC is over/],
    ["at(2027-02-29T00:00:00)", /no moment/],
    ["at(2027-01-01)", /no moment/],
    ["at(2027-01-01T00:00:00Z)", /no moment/],
    ["rate(0 minutes)", /no rate/],
    ["rate(5 seconds)", /no rate/],
    ["rate(1 minutes)", /has to be 1 minute$/],
    ["rate(2 hour)", /has to be 2 hours$/],
    ["cron(0 6 * * *)", /6 fields/],
    ["cron(0 6 * * * *)", /one of day of month and day of week/],
    ["cron(0 6 ? * ? *)", /one of day of month and day of week/],
    ["cron(60 6 ? * MON *)", /"60" is not for the minutes/],
    ["cron(0 24 ? * MON *)", /for the hours/],
    ["cron(0 6 32 * ? *)", /for the day of month/],
    ["cron(0 6 ? 13 MON *)", /for the month/],
    ["cron(0 6 ? * MON-8 *)", /for the day of week/],
    ["cron(0 6 ? * FRI-MON *)", /for the day of week/],
    ["cron(0 6 ? * 6#6 *)", /for the day of week/],
    ["cron(0/0 6 ? * MON *)", /for the minutes/],
    ["cron(? 6 ? * MON *)", /for the minutes/],
    ["cron(0 6 ? * MON 1969)", /for the year/],
  ] as const)
    it(`may not be ${expression === "" ? "empty" : expression}`, () => {
      assert.match(expressionProblem(expression, now) ?? "nothing is wrong", says);
    });
});
