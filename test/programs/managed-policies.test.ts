import assert from "node:assert/strict";
import type { ResourceRule } from "../../policies/rule.ts";
import { unknownManagedPolicy } from "../../programs/managed-policies.ts";
import { resourceOutcomes, ruleNamed } from "../policies/support/evaluate.ts";

const arn = (name: string) => `arn:aws:iam::aws:policy/${name}`;

describe("a policy of AWS's own", () => {
  for (const known of ["ReadOnlyAccess", arn("job-function/Billing"), arn("service-role/AWSLambdaBasicExecutionRole")])
    it(`is one: ${known}`, () => assert.equal(unknownManagedPolicy(known, []), undefined));

  for (const [written, name, meant] of [
    [arn("Billing"), "Billing", "job-function/Billing"],
    ["job-function/readonlyaccess", "job-function/readonlyaccess", "ReadOnlyAccess"],
    ["Zzzzz", "Zzzzz", ""],
  ] as const)
    it(`is none: ${written}`, () => assert.deepEqual(unknownManagedPolicy(written, []), { name, meant }));

  it("is offered by the three nearest names at most, the nearest first", () => {
    const { meant = "" } = unknownManagedPolicy("AmazonS3FullAcess", []) ?? {};
    const [first, ...others] = meant.split(" or ");
    assert.equal(first, "AmazonS3FullAccess");
    assert.equal(others.length, 2);
  });

  it("may be newer than the list, where that is said", () => {
    assert.equal(unknownManagedPolicy(arn("service-role/Newcomer"), ["service-role/Newcomer"]), undefined);
    const said = (settings: Record<string, unknown>) =>
      resourceOutcomes(
        ruleNamed("iam-managed-policy-exists") as ResourceRule,
        { type: "aws:iam/role:Role", settings },
        { managedPolicyArns: [arn("ReadOnlyAccess"), arn("Newcomer")] },
      ).map(({ what }) => what);
    assert.match(said({}).join(), /^managedPolicyArns\[1\] is Newcomer/);
    assert.deepEqual(said({ newer: ["Newcomer"] }), []);
  });
});
