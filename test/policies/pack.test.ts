import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rules } from "../../policies/catalogue.ts";
import { firstPreview } from "../fixtures/recorded-faults.ts";
import { type Recorded, recordProgram } from "../fixtures/recording.ts";
import { audit } from "./support/audit.ts";
import { asInputs, asOutputs } from "./support/engine-resource.ts";
import { type RunningPack, startPack } from "./support/runner.ts";

const type = "aws:rds/instance:Instance";
const urn = `urn:pulumi:production::switchyard::${type}::database`;
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const safe = {
  engine: "postgres",
  parameterGroupName: "postgres-tls",
  publiclyAccessible: false,
  storageEncrypted: true,
  backupRetentionPeriod: 7,
  manageMasterUserPassword: true,
};

describe("the policy pack in Pulumi's policy runner", () => {
  let pack: RunningPack;
  before(async () => {
    pack = await startPack({ preview: true });
  });
  after(() => pack.stop());

  const mandatory = async (props: Record<string, unknown>) =>
    (await pack.analyze({ type, urn, name: "database", props })).filter((one) => one.enforcementLevel === "mandatory");

  it("lists every rule with its level, severity and controls", () => {
    const listed = pack.info.policiesList;
    assert.deepEqual(
      listed.map(({ name }) => name),
      [...rules.map(({ name }) => name), "exceptions-are-current"],
    );
    const encrypted = listed.find(({ name }) => name === "rds-encrypted");
    assert.equal(encrypted?.enforcementlevel, 1);
    assert.deepEqual(encrypted?.tagsList, ["RDS.3", "CKV_AWS_16"]);
    assert.match(encrypted?.url ?? "", /rds-controls\.html#rds-3$/);
  });

  it("blocks a resource that breaks a mandatory rule, and only that rule", async () => {
    assert.deepEqual(await mandatory(safe), []);
    const found = await mandatory({ ...safe, storageEncrypted: false });
    assert.deepEqual(
      found.map(({ policyName }) => policyName),
      ["rds-encrypted"],
    );
    assert.match(found[0]?.message ?? "", /storageEncrypted is not true\nFix: .*\nSee: https:/);
  });

  it("says once that an unknown value is decided at update", async () => {
    const found = await pack.analyze({ type, urn, name: "database", props: { ...safe, storageEncrypted: unknown } });
    const about = found.filter(({ policyName }) => policyName === "rds-encrypted");
    assert.equal(about.length, 1);
    assert.equal(about[0]?.enforcementLevel, "advisory");
    assert.match(about[0]?.message ?? "", /Decided at update: storageEncrypted is not known yet/);
  });

  it("makes production rules mandatory by configuration, and refuses configuration it cannot use", async () => {
    assert.deepEqual(await mandatory(safe), []);
    await pack.configure({
      "rds-multi-az": { enforcementLevel: "mandatory" },
      "rds-backups": { enforcementLevel: "mandatory", properties: { minimumDays: "a week" } },
    });
    const found = await mandatory(safe);
    assert.deepEqual(found.map(({ policyName }) => policyName).sort(), ["rds-backups", "rds-multi-az"]);
    assert.match(
      found.find(({ policyName }) => policyName === "rds-backups")?.message ?? "",
      /minimumDays must be an integer/,
    );
    await pack.configure({});
  });

  it("says to a whole environment what the rules say without it", async () => {
    const config = JSON.parse(readFileSync(new URL("../../policies/config/production.json", import.meta.url), "utf8"));
    await pack.configure(config);
    const good = await recordProgram("environment", "production");
    const database = "aws:ec2/securityGroup:SecurityGroup::production-database";
    const web = "aws:ec2/securityGroup:SecurityGroup::web-service";
    const [to, from] = [database, web].map((end) => good.find(({ urn }) => urn.endsWith(end))?.urn ?? "");
    const open: Recorded = {
      type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
      name: "fault",
      urn: "urn:pulumi:production::switchyard::aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule::fault",
      custom: true,
      inputs: {},
      outputs: {},
      protect: false,
      ignoreChanges: [],
      dependencies: [],
      propertyDependencies: { securityGroupId: [to ?? ""], referencedSecurityGroupId: [from ?? ""] },
    };
    const stack = firstPreview([...good, open]);
    const said = (await Promise.all(stack.map((one) => pack.analyze(asInputs(one))))).flat();
    said.push(...(await pack.analyzeStack(stack.map(asOutputs))));
    const lines = said.map((one) => `${one.enforcementLevel} ${one.policyName} ${one.resourceUrn}`);
    const expected = audit(stack, "production").map(({ level, rule, urn }) => `${level} ${rule.name} ${urn}`);
    assert.deepEqual(lines.sort(), expected.sort());
    assert.ok(lines.includes(`mandatory database-reachability ${open.urn}`));
    await pack.configure({});
  });
});

describe("the policy pack with exceptions", () => {
  let directory: string;
  const entry = (rule: string, expires: string) =>
    `- { rule: ${rule}, resource: database, reason: until the next window, owner: data, expires: "${expires}" }\n`;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-excepted-"));
    const root = fileURLToPath(new URL("../../", import.meta.url));
    for (const whole of ["policies", "iam"]) await cp(join(root, whole), join(directory, whole), { recursive: true });
    await mkdir(join(directory, "programs"));
    const shared = [
      "node.js",
      "managed-policies.ts",
      "nearest.ts",
      "plaintext.ts",
      "secret-names.ts",
      "secret-values.ts",
      "stack-values.ts",
    ];
    for (const file of shared) await cp(join(root, "programs", file), join(directory, "programs", file));
    await cp(join(root, "programs/cost"), join(directory, "programs/cost"), { recursive: true });
    await symlink(join(root, "node_modules"), join(directory, "node_modules"));
    const entries = [
      entry("rds-encrypted", "2999-12-31"),
      entry("rds-backups", "2020-01-01"),
      entry("rds-not-public", "2999-12-31"),
    ];
    await writeFile(join(directory, "policies", "exceptions.yaml"), entries.join(""));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("shows the one in force, and fails for the expired and for the one nothing needs", async () => {
    const pack = await startPack({ preview: true, directory: `${join(directory, "policies")}/` });
    try {
      const database = {
        type,
        urn,
        name: "database",
        props: { ...safe, storageEncrypted: false, backupRetentionPeriod: 0 },
      };
      const said = [...(await pack.analyze(database)), ...(await pack.analyzeStack([database]))];
      const of = (name: string) =>
        said
          .filter(({ policyName }) => policyName === name)
          .map(({ enforcementLevel, message }) => `${enforcementLevel}: ${message.split("\n")[1]}`);
      assert.deepEqual(of("rds-encrypted"), [
        "advisory: Excepted: storageEncrypted is not true; excepted until 2999-12-31 by data: until the next window",
      ]);
      assert.match(of("rds-backups")[0] ?? "", /^mandatory: /);
      assert.deepEqual(of("exceptions-are-current"), [
        "mandatory: the exception of data to rds-backups on database expired on 2020-01-01",
        "mandatory: the exception of data to rds-not-public on database is not needed: nothing it covers breaks the rule",
      ]);
    } finally {
      await pack.stop();
    }
  });
});

describe("the policy pack at update", () => {
  it("reports a value that is still unknown as a violation", async () => {
    const pack = await startPack({ preview: false });
    try {
      const found = await pack.analyze({ type, urn, name: "database", props: { ...safe, storageEncrypted: unknown } });
      assert.equal(found.find(({ policyName }) => policyName === "rds-encrypted")?.enforcementLevel, "mandatory");
    } finally {
      await pack.stop();
    }
  });
});
