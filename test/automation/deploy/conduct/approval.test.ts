import assert from "node:assert/strict";
import { approvalHints, waitsUntil } from "../../../../automation/deploy/conduct/approval.ts";
import { nothingYet, type Progress } from "../../../../automation/deploy/decide/progress.ts";
import { goal, goalFor } from "../fixtures.ts";

describe("approval", () => {
  it("is asked for with where to look and both answers in full, but not the secret", () => {
    const secretArn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:switchyard/production/preview-AbCdEf";
    const shape = { url: "https://app.example.com", previewHeader: { name: "x-switchyard-preview", secretArn } };
    assert.deepEqual(approvalHints("production", shape), [
      "preview: https://app.example.com with the header x-switchyard-preview; its value:",
      `  aws secretsmanager get-secret-value --region eu-central-1 --secret-id ${secretArn} --query SecretString --output text`,
      "go on:   switchyard promote production",
      "undo:    switchyard abort production",
    ]);
  });

  const asked = goal({ approval: true });
  const waiting: Progress = { ...nothingYet, approvalAt: 1_000 };
  it("is awaited until its time is over", () =>
    assert.equal(waitsUntil(asked, waiting), 1_000 + asked.limits.approvalMs));
  const over: [string, ReturnType<typeof waitsUntil>][] = [
    ["before the new version is proven", waitsUntil(asked, nothingYet)],
    ["once it is given", waitsUntil(asked, { ...waiting, approved: { kind: "promote", by: "ann", at: "" } })],
    ["once the deploy turned back", waitsUntil(asked, { ...waiting, undo: "aborted" })],
    ["of a deploy that does not ask", waitsUntil(goal({ approval: false }), waiting)],
    ["of anything else", waitsUntil(goalFor("rollback"), waiting)],
  ];
  for (const [when, until] of over) it(`is not awaited ${when}`, () => assert.equal(until, undefined));
});
