import assert from "node:assert/strict";
import fc from "fast-check";
import { databaseUrl } from "../../../programs/components/data/database-url.ts";
import { environmentOf, runEnvironment } from "../runs.ts";

const instance = "aws:rds/instance:Instance";

describe("database", () => {
  it("is encrypted, private, TLS only, with a password RDS keeps, in every tier", async () => {
    for (const tier of ["development", "production"] as const) {
      const { resources } = await environmentOf(tier);
      const { inputs } = resources.one(instance);
      assert.equal(inputs["storageEncrypted"], true);
      assert.ok(inputs["kmsKeyId"]);
      assert.equal(inputs["publiclyAccessible"], false);
      assert.equal(inputs["manageMasterUserPassword"], true);
      assert.equal("password" in inputs, false);
      assert.equal(inputs["engineVersion"], "17", "a minor version would plan a step back");
      assert.equal(inputs["autoMinorVersionUpgrade"], true);
      assert.deepEqual(resources.one("aws:rds/parameterGroup:ParameterGroup").inputs["parameters"], [
        { name: "rds.force_ssl", value: "1" },
      ]);
      assert.deepEqual(resources.one("aws:rds/subnetGroup:SubnetGroup").inputs["subnetIds"], [
        "subnet-isolated-1",
        "subnet-isolated-2",
      ]);
    }
  });

  it("survives a zone and a mistake in production", async () => {
    const { inputs, protect } = (await environmentOf("production")).resources.one(instance);
    assert.equal(inputs["multiAz"], true);
    assert.equal(inputs["deletionProtection"], true);
    assert.equal(inputs["skipFinalSnapshot"], false);
    assert.equal(inputs["finalSnapshotIdentifier"], "production-database-final");
    assert.equal(inputs["deleteAutomatedBackups"], false);
    assert.equal(inputs["backupRetentionPeriod"], 30);
    assert.equal(protect, true);
  });

  it("leaves nothing behind outside production", async () => {
    const { inputs, protect } = (await environmentOf("development")).resources.one(instance);
    assert.equal(inputs["multiAz"], false);
    assert.equal(inputs["deletionProtection"], false);
    assert.equal(inputs["skipFinalSnapshot"], true);
    assert.equal("finalSnapshotIdentifier" in inputs, false);
    assert.equal(inputs["deleteAutomatedBackups"], true);
    assert.equal(protect, false);
  });

  it("is of the size and major version it is told", async () => {
    const database = {
      engineMajor: "18",
      instanceClass: "db.m7g.large",
      storageGb: 50,
      maxStorageGb: 60,
      backupDays: 3,
    };
    const { resources } = await runEnvironment({ database });
    const { inputs } = resources.one(instance);
    assert.equal(inputs["engineVersion"], "18");
    assert.equal(inputs["allowMajorVersionUpgrade"], true, "RDS refuses another major version without it");
    assert.equal(inputs["instanceClass"], "db.m7g.large");
    assert.deepEqual([inputs["allocatedStorage"], inputs["maxAllocatedStorage"]], [50, 60]);
    assert.equal(inputs["backupRetentionPeriod"], 3);
    assert.equal(resources.one("aws:rds/parameterGroup:ParameterGroup").inputs["family"], "postgres18");
  });

  it("begins with a snapshot's rows where one is named, under the environment's own key", async () => {
    const { resources } = await runEnvironment({ database: { fromSnapshot: "Production-before" } });
    const { inputs } = resources.one("aws:rds/snapshotCopy:SnapshotCopy");
    assert.equal(inputs["sourceDbSnapshotIdentifier"], "Production-before");
    assert.equal(inputs["targetDbSnapshotIdentifier"], "sandbox-of-production-before");
    assert.equal(inputs["kmsKeyId"], resources.one(instance).inputs["kmsKeyId"]);
    assert.equal(resources.one(instance).inputs["snapshotIdentifier"], "sandbox-of-production-before");
    const { resources: empty } = await environmentOf("development");
    assert.equal("snapshotIdentifier" in empty.one(instance).inputs, false);
  });

  it("lets in services that have it and the migration function, by reference, and nobody else", async () => {
    const { resources } = await environmentOf("development");
    const group = resources.one("aws:ec2/securityGroup:SecurityGroup", "development-database");
    assert.equal("ingress" in group.inputs, false);
    const into = resources
      .all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
      .filter(({ inputs }) => inputs["securityGroupId"] === "development-database-id");
    assert.deepEqual(
      into.map(({ inputs }) => [inputs["referencedSecurityGroupId"], inputs["fromPort"], inputs["cidrIpv4"]]),
      [
        ["api-service-id", 5432, undefined],
        ["development-migrate-function-id", 5432, undefined],
      ],
    );
  });

  it("keeps the services' password in Secrets Manager, apart from the master's", async () => {
    const { resources } = await environmentOf("development");
    const secret = resources.one("aws:secretsmanager/secret:Secret", "development-database-user").inputs;
    assert.equal(secret["name"], "switchyard/development/platform/database-user");
    assert.ok(secret["kmsKeyId"]);
    const version = resources.one("aws:secretsmanager/secretVersion:SecretVersion", "development-database-user").inputs;
    assert.match(JSON.stringify(version["secretString"]), /username\\*":\\*"app/);
  });

  it("keeps the same as a URL, which verifies the server, in a secret too", async () => {
    const { resources } = await environmentOf("development");
    const secret = resources.one("aws:secretsmanager/secret:Secret", "development-database-url").inputs;
    assert.equal(secret["name"], "switchyard/development/platform/database-url");
    const { inputs } = resources.one("aws:secretsmanager/secretVersion:SecretVersion", "development-database-url");
    const url = "postgresql://app:drawn-at-random@db.internal:5432/app?sslmode=verify-full";
    assert.ok(JSON.stringify(inputs["secretString"]).includes(url));
  });

  it("writes any password into the URL so that it is read back", () => {
    const at = { host: "db.internal", port: 5432, database: "app" };
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (password) => {
        const url = new URL(databaseUrl(JSON.stringify({ username: "app", password }), at));
        assert.equal(decodeURIComponent(url.password), password);
        assert.deepEqual([url.username, url.host, url.pathname], ["app", "db.internal:5432", "/app"]);
      }),
    );
  });

  it("keeps deleted secrets for a month in production, and not at all elsewhere", async () => {
    for (const [tier, days] of [
      ["production", 30],
      ["development", 0],
    ] as const)
      for (const { inputs } of (await environmentOf(tier)).resources.all("aws:secretsmanager/secret:Secret"))
        assert.equal(inputs["recoveryWindowInDays"], days);
  });
});
