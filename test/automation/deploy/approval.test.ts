import assert from "node:assert/strict";
import { approvalHints } from "../../../automation/deploy/approval.ts";

it("what waits for approval shows where to look, and both answers in full, but not the secret", () => {
  const secretArn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:switchyard/production/preview-AbCdEf";
  const shape = { url: "https://app.example.com", previewHeader: { name: "x-switchyard-preview", secretArn } };
  assert.deepEqual(approvalHints("production", shape), [
    "preview: https://app.example.com with the header x-switchyard-preview; its value:",
    `  aws secretsmanager get-secret-value --region eu-central-1 --secret-id ${secretArn} --query SecretString --output text`,
    "go on:   switchyard promote production",
    "undo:    switchyard abort production",
  ]);
});
