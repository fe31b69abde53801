import assert from "node:assert/strict";
import { isAllowed } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";

const document = (Effect: string, Action: string) => readDocument({ Statement: [{ Effect, Action, Resource: "*" }] });
const everything = document("Allow", "*");
const request = {
  caller: { kind: "AWS", arn: "arn:aws:iam::111122223333:role/push", account: "111122223333" },
  ...{ action: "s3:PutObject", resource: "arn:aws:s3:::b/k", account: "111122223333", context: new Map() },
} as const;

describe("an organization's policies", () => {
  for (const [what, organization, allowed] of [
    ["none bind the account", [], true],
    ["every level allows", [[everything], [everything]], true],
    ["one of a level allows", [[document("Allow", "ec2:*"), everything]], true],
    ["a level allows something else", [[everything], [document("Allow", "ec2:*")], [everything]], false],
    ["a level has none", [[everything], []], false],
    ["one denies", [[everything], [everything, document("Deny", "s3:*")]], false],
    ["one denies something else", [[everything, document("Deny", "ec2:*")]], true],
  ] as const)
    it(`${allowed ? "leave" : "refuse"} what a role is allowed, where ${what}`, () =>
      assert.equal(isAllowed({ identity: [everything], organization }, request), allowed));
  it("allow nothing that the role is not allowed", () =>
    assert.equal(isAllowed({ identity: [], organization: [[everything]] }, request), false));
});
