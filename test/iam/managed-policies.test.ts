import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { managedPolicies, managedPolicyName } from "@switchyard/iam/managed-policies.ts";

const root = join(import.meta.dirname, "../..");

/** Path and name of each policy of AWS's own that moto, whose list ours is, knows. */
function ofMoto(): string[] {
  const program = `
import json
from moto.iam.aws_managed_policies import aws_managed_policies_data as data
print(json.dumps([(one.get("Path", "/") + name)[1:] for name, one in json.loads(data).items()]))`;
  return JSON.parse(execFileSync(join(root, ".sandbox/venv/bin/python"), ["-c", program], { encoding: "utf8" }));
}

describe("the list of AWS's own policies", () => {
  it("is moto's without those that only a service can attach", () => {
    const attachable = ofMoto().filter((name) => !name.startsWith("aws-service-role/"));
    assert.ok(attachable.length > 1000);
    assert.deepEqual([...managedPolicies()].sort(), attachable.sort());
  });

  it("holds names with the path before them, as ARNs of the main partition do", () => {
    assert.equal(managedPolicyName("arn:aws:iam::aws:policy/job-function/Billing"), "job-function/Billing");
    assert.equal(managedPolicyName("arn:aws-cn:iam::aws:policy/ReadOnlyAccess"), undefined);
    assert.equal(managedPolicyName("arn:aws:iam::123456789012:policy/own"), undefined);
  });
});
