import assert from "node:assert/strict";
import { markdownOfGuard } from "../../../automation/audit/guard-report.ts";
import { renderPolicyReport } from "../../../automation/audit/policy-report.ts";
import type { Judged } from "../../../automation/guard/environment.ts";
import { urnOf } from "../../policies/support/evaluate.ts";

const type = "aws:rds/instance:Instance";
const judged: Judged = {
  findings: [
    { urn: urnOf(type, "sandbox"), type, op: "update", effect: "disruptive", why: "restarts the database", within: [] },
    {
      ...{ urn: urnOf("aws:ecs/taskDefinition:TaskDefinition", "web"), type: "aws:ecs/taskDefinition:TaskDefinition" },
      ...{ op: "replace", effect: "at release", why: "runs with the next deploy", within: [] },
    },
  ],
  routes: [
    { service: "docs", path: "/docs", until: "web" },
    { service: "docs", path: "/@all" },
  ],
};

describe("the guard's report on a pull request", () => {
  it("says what disrupts and why, who answered a path until now, and what waits for a release", () => {
    const lines = markdownOfGuard(judged).split("\n");
    assert.equal(lines[1], "**1 of the changes would disrupt what serves**");
    assert.equal(lines[3], "- ❌ `aws:rds/instance:Instance::sandbox` (update): restarts the database");
    assert.ok(lines.includes("`up` and `deploy` refuse them without `--disrupt`."));
    assert.ok(lines.includes("- /docs: web until now"));
    assert.ok(lines.includes("- /@\u200ball: nobody until now"));
    assert.ok(lines.includes("Waits for a release: `aws:ecs/taskDefinition:TaskDefinition::web`"));
  });

  it("is nothing where nothing serves differently, and part of the comment and of the JSON where something does", () => {
    assert.equal(markdownOfGuard({ findings: [], routes: [] }), "");
    assert.equal(renderPolicyReport([], "markdown"), "**Policies: 0 mandatory, 0 advisory**\n");
    assert.match(renderPolicyReport([], "markdown", { judged }), /^\*\*Policies:.*restarts the database/s);
    assert.deepEqual(JSON.parse(renderPolicyReport([], "json", { judged })).findings, judged.findings);
  });
});
