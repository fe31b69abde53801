import assert from "node:assert/strict";
import { listPolicies, renderPolicyListing } from "../../../automation/audit/policies.ts";
import { rules } from "../../../policies/catalogue.ts";

describe("the listing of policies", () => {
  it("has every rule with its level in each tier", () => {
    const { rules: listed } = listPolicies([]);
    assert.equal(listed.length, rules.length);
    const find = (name: string) => listed.find((one) => one.name === name);
    assert.deepEqual(find("rds-encrypted")?.level, { production: "mandatory", development: "mandatory" });
    assert.deepEqual(find("rds-multi-az")?.level, { production: "mandatory", development: "advisory" });
    assert.deepEqual(find("rds-minor-upgrades")?.level, { production: "advisory", development: "advisory" });
    assert.deepEqual(find("rds-encrypted")?.types, [
      "aws:rds/instance:Instance",
      "aws:rds/cluster:Cluster",
      "aws:rds/globalCluster:GlobalCluster",
    ]);
  });

  it("names the types no rule looks at, but no component or provider", () => {
    const { untouchedTypes } = listPolicies([
      "aws:rds/instance:Instance",
      "aws:xray/group:Group",
      "switchyard:data:Database",
      "pulumi:providers:aws",
      "pulumi:pulumi:Stack",
      "aws:xray/group:Group",
    ]);
    assert.deepEqual(untouchedTypes, ["aws:xray/group:Group"]);
  });

  it("is readable", () => {
    const text = renderPolicyListing(listPolicies(["aws:xray/group:Group"]));
    assert.match(text, /rds-encrypted +high +production mandatory, development mandatory {2}RDS\.3 CKV_AWS_16/);
    assert.match(text, /Types no rule looks at:\n {2}aws:xray\/group:Group/);
  });
});
