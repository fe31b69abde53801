import assert from "node:assert/strict";
import { readDocument } from "@switchyard/iam/document.ts";
import { unusedActions } from "./grants.ts";

const { statements } = readDocument({
  Statement: [
    {
      Effect: "Allow",
      Action: ["ecs:UpdateService", "ecs:Describe*"],
      Resource: "arn:aws:ecs:us-east-1:1:service/a-*/*",
    },
    { Effect: "Deny", Action: "ecs:DeleteService", Resource: "*" },
  ],
});
const service = "arn:aws:ecs:us-east-1:1:service/a-1/web";

describe("what a role is granted and does not use", () => {
  for (const [what, used, unused] of [
    ["nothing was used", [], ["ecs:Describe*", "ecs:UpdateService"]],
    ["one action was used", [{ action: "ecs:UpdateService", resource: service }], ["ecs:Describe*"]],
    ["one of a pattern was used", [{ action: "ecs:DescribeServices", resource: service }], ["ecs:UpdateService"]],
    [
      "it was used on another resource",
      [{ action: "ecs:UpdateService", resource: service.replace("/a-1", "/b-1") }],
      ["ecs:Describe*", "ecs:UpdateService"],
    ],
  ] as const)
    it(`${unused.join(", ")}, where ${what}`, () => assert.deepEqual(unusedActions(statements, used), unused));
});
