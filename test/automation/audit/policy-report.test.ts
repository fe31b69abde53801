import assert from "node:assert/strict";
import { blocks, renderPolicyReport } from "../../../automation/audit/policy-report.ts";
import type { Violation } from "../../../automation/stacks/update.ts";
import { formatMessage } from "../../../policies/message.ts";
import { ruleNamed, urnOf } from "../../policies/support/evaluate.ts";

const database = urnOf("switchyard:data:Database$aws:rds/instance:Instance", "database");
const bucket = urnOf("aws:s3/bucket:Bucket", "files`@all");

function violation(
  policy: string,
  urn: string,
  kind: "violation" | "undecided" | "excepted",
  level: string,
  what: string,
  prefix = "",
): Violation {
  const message = `${prefix}${formatMessage({ rule: ruleNamed(policy), kind, what })}\n`;
  return { policy, pack: "switchyard", urn, message, level };
}

const violations = [
  violation("s3-access-logged", bucket, "violation", "advisory", "no BucketLogging goes with it"),
  violation("rds-minor-upgrades", database, "undecided", "advisory", "autoMinorVersionUpgrade is not known yet"),
  violation(
    "rds-iam-authentication",
    database,
    "violation",
    "advisory",
    "iamDatabaseAuthenticationEnabled is not true",
    "<{%fg 13%}>",
  ),
  // As an engine that puts the description first sends it.
  violation(
    "rds-encrypted",
    database,
    "violation",
    "mandatory",
    "storageEncrypted is not true",
    "Databases are encrypted at rest\n",
  ),
  violation(
    "rds-multi-az",
    database,
    "excepted",
    "advisory",
    "multiAz is not true; excepted until 2099-01-01 by data: cost",
  ),
];

describe("the policy report", () => {
  it("blocks on a mandatory violation only", () => {
    assert.equal(blocks(violations), true);
    assert.equal(blocks(violations.filter(({ level }) => level !== "mandatory")), false);
    assert.equal(blocks([]), false);
  });

  it("counts first, then resources with what blocks first, each with fix and link", () => {
    const lines = renderPolicyReport(violations, "terminal").split("\n");
    assert.equal(lines[0], "Policies: 1 mandatory, 2 advisory, 1 excepted, 1 decided at update");
    assert.deepEqual(lines.slice(2, 9), [
      "database  aws:rds/instance:Instance",
      "  MANDATORY rds-encrypted (high): storageEncrypted is not true",
      "      fix: Set storageEncrypted to true.",
      "      see: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-3",
      "  advisory rds-iam-authentication (medium): iamDatabaseAuthenticationEnabled is not true",
      "      fix: Set iamDatabaseAuthenticationEnabled to true.",
      "      see: https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-10",
    ]);
    assert.ok(
      lines.includes("  exception rds-multi-az (medium): multiAz is not true; excepted until 2099-01-01 by data: cost"),
    );
    assert.ok(lines.includes("  ? decided at update: rds-minor-upgrades"));
  });

  it("is Markdown for a comment, in which no name mentions or formats anything", () => {
    const text = renderPolicyReport(violations, "markdown");
    assert.match(text, /^\*\*Policies: 1 mandatory/);
    assert.match(
      text,
      /- ❌ \[`rds-encrypted`\]\(https:\S+\) \(high\): storageEncrypted is not true\. \*\*Fix:\*\* Set storageEncrypted to true/,
    );
    assert.ok(text.indexOf("`database`") < text.indexOf("<details>"));
    assert.ok(text.includes("#### `files'@all`"));
  });

  it("is SARIF for code scanning", () => {
    const log = JSON.parse(renderPolicyReport(violations, "sarif"));
    const [run] = log.runs;
    assert.equal(log.version, "2.1.0");
    assert.deepEqual(
      run.results.map((one: { ruleId: string; level: string }) => [one.ruleId, one.level]),
      [
        ["rds-encrypted", "error"],
        ["rds-iam-authentication", "warning"],
        ["rds-multi-az", "warning"],
        ["rds-minor-upgrades", "note"],
        ["s3-access-logged", "warning"],
      ],
    );
    for (const result of run.results) {
      assert.equal(run.tool.driver.rules[result.ruleIndex].id, result.ruleId);
      assert.equal(result.locations[0].physicalLocation.artifactLocation.uri, "programs/index.ts");
    }
    assert.equal(run.results[2].suppressions.length, 1);
    assert.equal(
      new Set(run.results.map((one: { partialFingerprints: object }) => JSON.stringify(one.partialFingerprints))).size,
      5,
    );
  });

  it("is JSON with everything", () => {
    const { counts, resources } = JSON.parse(renderPolicyReport(violations, "json"));
    assert.deepEqual(counts, { mandatory: 1, advisory: 2, excepted: 1, undecided: 1 });
    assert.equal(resources[0].findings[0].controls[0], "RDS.3");
  });

  it("keeps violations of other packs and of the whole stack", () => {
    const other: Violation = {
      policy: "no-fridays",
      pack: "other",
      urn: "",
      message: "Not on Fridays\nIt is Friday",
      level: "mandatory",
    };
    assert.match(
      renderPolicyReport([other], "terminal"),
      /the stack\n {2}MANDATORY no-fridays \(medium\): It is Friday/,
    );
    assert.equal(renderPolicyReport([], "terminal"), "Policies: 0 mandatory, 0 advisory\n");
  });
});

describe("what is refused of migrations", () => {
  const refused = {
    ...{ file: "0003_a.expand.sql", line: 12, column: 3, rule: "create-index" },
    ...{ what: "`i` on @team <b>", fix: "write *CONCURRENTLY*" },
  };

  it("is listed on a pull request, and nothing of it formats the comment or mentions anybody", () => {
    assert.equal(
      renderPolicyReport([], "markdown", { migrations: [refused] }),
      "**Policies: 0 mandatory, 0 advisory**\n\n**Migrations: 1 refused**\n\n- ❌ `0003_a.expand.sql:12:3 (create-index)`: \\`i\\` on @\u200bteam \\<b\\>. **Fix:** write \\*CONCURRENTLY\\*\n",
    );
  });

  it("is an alert of code scanning at its line, beside what the policies say", () => {
    const unread = { file: "migrations", rule: "refused", what: "two files have number 3", fix: "correct the file" };
    const { tool, results } = JSON.parse(renderPolicyReport(violations, "sarif", { migrations: [refused, unread] }))
      .runs[0];
    assert.equal(results.length, 7);
    const [index, whole] = results.slice(5);
    assert.deepEqual([index.ruleId, index.level], ["migration/create-index", "error"]);
    assert.deepEqual(index.locations[0].physicalLocation, {
      artifactLocation: { uri: "migrations/0003_a.expand.sql" },
      region: { startLine: 12, startColumn: 3 },
    });
    assert.equal(whole.locations[0].physicalLocation.artifactLocation.uri, "migrations");
    for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex].id, ruleId);
  });

  it("is in the JSON", () => {
    assert.deepEqual(JSON.parse(renderPolicyReport([], "json", { migrations: [refused] })).migrations, [refused]);
  });
});
