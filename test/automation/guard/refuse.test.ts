import assert from "node:assert/strict";
import { judge } from "../../../automation/guard/guard.ts";
import { refuseDisruption } from "../../../automation/guard/refuse.ts";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { change, inService, view } from "./fixtures.ts";

const planned = [
  change("aws:rds/instance:Instance", "production", {
    properties: ["instanceClass"],
    after: { applyImmediately: true },
  }),
  change("aws:lb/targetGroup:TargetGroup", "web-blue", { properties: ["healthCheck"], within: inService("web") }),
];
const findings = judge(planned, view);

function refusal(...named: readonly string[]): SwitchyardError | undefined {
  try {
    refuseDisruption("production", findings, named);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SwitchyardError);
    return error;
  }
}

describe("a disruptive update", () => {
  it("is refused, with what it would disrupt, why, and how to allow it", () => {
    const error = refusal();
    assert.equal(error?.code, "disruptive-change");
    assert.match(
      error.message,
      /^stack production: 2 changes would disrupt what serves: production \(restarts the database\), web-blue \(checks/,
    );
    assert.match(error.message, /--disrupt aws:rds\/instance:Instance::production/);
    assert.notEqual(errorCatalogue[error.code].exitCode, errorCatalogue["policy-violation"].exitCode);
  });

  it("is let through when each of its findings is named: by URN, type and name, name, or component", () => {
    const [database, group] = planned.map(({ urn }) => urn);
    assert.equal(refusal(String(database), String(group)), undefined);
    assert.equal(refusal("aws:rds/instance:Instance::production", "web-blue"), undefined);
    assert.equal(refusal("production", "web"), undefined);
    assert.match(refusal("web")?.message ?? "", /1 change would disrupt what serves: production/);
  });

  it("is not let through by a name of nothing it would disrupt", () => {
    const error = refusal("web", "production", "api");
    assert.equal(error?.code, "invalid-flag");
    assert.match(error.message, /^--disrupt api: nothing that the update would disrupt is called so/);
  });

  it("that is none takes no names", () => {
    refuseDisruption("production", [], []);
    assert.throws(() => refuseDisruption("production", [], ["web"]), /--disrupt web: the update would disrupt nothing/);
  });
});
