import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  CopyDBSnapshotCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  CreateDBSubnetGroupCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DeleteDBParameterGroupCommand,
  DeleteDBSnapshotCommand,
  DeleteDBSubnetGroupCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSubnetGroupCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { eventually, unique, useCloud } from "../../../support/cloud.ts";

describe("RDS", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  let rds: RDSClient;
  let secrets: SecretsManagerClient;
  before(() => {
    rds = new RDSClient(cloud.sdk());
    secrets = new SecretsManagerClient(cloud.sdk());
  });

  const describeInstance = async (id: string): Promise<DBInstance> => {
    const answer = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    return answer.DBInstances?.[0] ?? {};
  };
  const reaches = (id: string, status: string) =>
    eventually(async () => {
      const instance = await describeInstance(id);
      assert.notEqual(instance.DBInstanceStatus, "failed");
      return instance.DBInstanceStatus === status ? instance : undefined;
    }, 40_000);
  const gone = (id: string) =>
    eventually(
      () =>
        describeInstance(id).then(
          () => false,
          (error: Error) => error.name === "DBInstanceNotFoundFault",
        ),
      20_000,
    );

  async function create(settings: Partial<CreateDBInstanceCommandInput> = {}): Promise<DBInstance> {
    const DBInstanceIdentifier = settings.DBInstanceIdentifier ?? unique("db");
    const answer = await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier,
        DBInstanceClass: "db.t4g.micro",
        Engine: "postgres",
        EngineVersion: "17",
        AllocatedStorage: 20,
        MasterUsername: "master",
        MasterUserPassword: "first-password",
        DBName: "app",
        ...settings,
      }),
    );
    assert.equal(answer.DBInstance?.DBInstanceStatus, "creating");
    assert.equal(answer.DBInstance?.Endpoint, undefined);
    return reaches(DBInstanceIdentifier, "available");
  }

  async function query(
    instance: DBInstance,
    sql: string,
    options: { password?: string; user?: string; tls?: boolean } = {},
  ) {
    const ca = readFileSync(join(cloud.dir, "cloud", "database-ca.pem"), "utf8");
    const client = new pg.Client({
      host: instance.Endpoint?.Address ?? "",
      port: instance.Endpoint?.Port ?? 0,
      user: options.user ?? "master",
      password: options.password ?? "first-password",
      database: "app",
      ...(options.tls === false ? {} : { ssl: { ca } }),
    });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  describe("an instance", () => {
    let instance: DBInstance;
    before(async () => {
      instance = await create({ EnablePerformanceInsights: true });
    });

    it("is a PostgreSQL of its own, reached at its endpoint with verified TLS", async () => {
      const [row] = await query(
        instance,
        "select current_user as me, ssl from pg_stat_ssl where pid = pg_backend_pid()",
      );
      assert.deepEqual(row, { me: "master", ssl: true });
      assert.equal(instance.Endpoint?.Address, "127.0.0.1");
      assert.equal(instance.PerformanceInsightsEnabled, true);
      assert.equal(instance.PerformanceInsightsRetentionPeriod, 7);
    });

    it("has a certificate a client that does not know the authority refuses", async () => {
      const { Endpoint } = instance;
      const options = { host: "127.0.0.1", port: Endpoint?.Port ?? 0, user: "master", password: "x", database: "app" };
      await assert.rejects(
        new pg.Client({ ...options, ssl: true }).connect(),
        /self-signed|unable to verify|certificate/,
      );
    });

    it("gives the master user RDS's rights, not a superuser's", async () => {
      const [role] = await query(
        instance,
        "select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = 'master'",
      );
      assert.deepEqual(role, { rolsuper: false, rolcreaterole: true, rolcreatedb: true });
      await query(instance, "create table t (a int); create role app login password 'x'; grant select on t to app");
      await assert.rejects(query(instance, "alter system set work_mem = '1MB'"), /permission denied/);
      const rows = await query(instance, "select count(*)::int as n from t", { user: "app", password: "x" });
      assert.deepEqual(rows, [{ n: 0 }]);
    });

    it("refuses a wrong password, and takes a changed one", async () => {
      await assert.rejects(query(instance, "select 1", { password: "wrong" }), /password authentication failed/);
      const id = instance.DBInstanceIdentifier ?? "";
      const change = { DBInstanceIdentifier: id, MasterUserPassword: "second-password", ApplyImmediately: true };
      const answer = await rds.send(new ModifyDBInstanceCommand(change));
      assert.equal(answer.DBInstance?.DBInstanceStatus, "modifying");
      await assert.rejects(rds.send(new ModifyDBInstanceCommand(change)), { Code: "InvalidDBInstanceState" });
      await reaches(id, "available");
      await query(instance, "select 1", { password: "second-password" });
    });

    it("keeps its data over a reboot and a stop", async () => {
      const id = instance.DBInstanceIdentifier;
      await query(instance, "create table kept as select 42 as n", { password: "second-password" });
      await rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: id }));
      await reaches(id ?? "", "available");
      await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: id }));
      await reaches(id ?? "", "stopped");
      await assert.rejects(query(instance, "select 1"), /ECONNREFUSED/);
      await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: id }));
      await reaches(id ?? "", "available");
      assert.deepEqual(await query(instance, "select n from kept", { password: "second-password" }), [{ n: 42 }]);
    });
  });

  it("has its master password in Secrets Manager when RDS manages it, and a new one when rotated", async () => {
    const instance = await create({ MasterUserPassword: undefined, ManageMasterUserPassword: true });
    const SecretId = instance.MasterUserSecret?.SecretArn;
    const read = async () => {
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      return JSON.parse(SecretString ?? "") as { username: string; password: string };
    };
    const first = await read();
    assert.equal(first.username, "master");
    await query(instance, "select 1", first);
    const id = instance.DBInstanceIdentifier ?? "";
    await rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier: id, RotateMasterUserPassword: true, ApplyImmediately: true }),
    );
    await reaches(id, "available");
    const second = await read();
    assert.notEqual(second.password, first.password);
    await query(instance, "select 1", second);
    await assert.rejects(query(instance, "select 1", first), /password authentication failed/);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));
    await gone(id);
    await assert.rejects(read(), { name: /ResourceNotFound|InvalidRequest/ });
  });

  it("refuses connections without TLS as rds.force_ssl says, also after it changes", async () => {
    const DBParameterGroupName = unique("parameters");
    const family = { DBParameterGroupFamily: "postgres17", Description: "test" };
    await rds.send(new CreateDBParameterGroupCommand({ DBParameterGroupName, ...family }));
    const set = (ParameterValue: string) =>
      rds.send(
        new ModifyDBParameterGroupCommand({
          DBParameterGroupName,
          Parameters: [{ ParameterName: "rds.force_ssl", ParameterValue, ApplyMethod: "immediate" }],
        }),
      );
    const instance = await create({ DBParameterGroupName });
    await assert.rejects(query(instance, "select 1", { tls: false }), /no encryption/);
    await set("0");
    await eventually(() => query(instance, "select 1", { tls: false }).catch(() => undefined));
    await set("1");
    await eventually(() =>
      query(instance, "select 1", { tls: false }).then(
        () => false,
        (error: Error) => /no encryption/.test(error.message),
      ),
    );
    await assert.rejects(rds.send(new DeleteDBParameterGroupCommand({ DBParameterGroupName })), {
      Code: "InvalidDBParameterGroupState",
    });
  });

  it("is deleted only unprotected and with a decision about the final snapshot", async () => {
    const instance = await create({ DeletionProtection: true });
    const DBInstanceIdentifier = instance.DBInstanceIdentifier ?? "";
    const remove = (settings: object) => rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, ...settings }));
    await assert.rejects(remove({ SkipFinalSnapshot: true }), /Cannot delete protected DB Instance/);
    await rds.send(
      new ModifyDBInstanceCommand({ DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true }),
    );
    await reaches(DBInstanceIdentifier, "available");
    await assert.rejects(remove({}), /FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified/);
    const FinalDBSnapshotIdentifier = unique("final");
    await assert.rejects(remove({ SkipFinalSnapshot: true, FinalDBSnapshotIdentifier }), /can not be specified/);
    const answer = await remove({ FinalDBSnapshotIdentifier });
    assert.equal(answer.DBInstance?.DBInstanceStatus, "deleting");
    await gone(DBInstanceIdentifier);
    await assert.rejects(query(instance, "select 1"), /ECONNREFUSED/);
    const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBInstanceIdentifier }));
    assert.deepEqual(
      DBSnapshots?.map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier),
      [FinalDBSnapshotIdentifier],
    );
    const again = await create({ DBInstanceIdentifier });
    await assert.rejects(remove({ FinalDBSnapshotIdentifier }), { Code: "DBSnapshotAlreadyExists" });
    await query(again, "select 1");
  });

  it("is restored from a snapshot, and from a copy of one, with the rows of the moment it was taken", async () => {
    const settings = { MasterUserPassword: undefined, ManageMasterUserPassword: true, StorageEncrypted: true };
    const first = await create(settings);
    const secretOf = async ({ MasterUserSecret }: DBInstance) => {
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: MasterUserSecret?.SecretArn }));
      return JSON.parse(SecretString ?? "") as { username: string; password: string };
    };
    const password = await secretOf(first);
    await query(first, "create table t as select generate_series(1, 5000) as n; create role app", password);
    const DBSnapshotIdentifier = unique("snapshot");
    const taken = (id: string) =>
      eventually(async () => {
        const answer = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
        return answer.DBSnapshots?.[0]?.Status === "available";
      });
    const take = { DBInstanceIdentifier: first.DBInstanceIdentifier, DBSnapshotIdentifier };
    assert.equal((await rds.send(new CreateDBSnapshotCommand(take))).DBSnapshot?.Status, "creating");
    const restore = (snapshot: string) => {
      const DBInstanceIdentifier = unique("restored");
      return rds
        .send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...{ DBInstanceIdentifier, DBSnapshotIdentifier: snapshot, DBInstanceClass: "db.t4g.small" },
            ManageMasterUserPassword: true,
          }),
        )
        .then(() => reaches(DBInstanceIdentifier, "available"));
    };
    await assert.rejects(restore(DBSnapshotIdentifier), { Code: "InvalidDBSnapshotState" });
    await taken(DBSnapshotIdentifier);
    await query(first, "insert into t values (0)", password);
    const target = unique("copy");
    const key = await new KMSClient(cloud.sdk()).send(new CreateKeyCommand({}));
    const copy = { SourceDBSnapshotIdentifier: DBSnapshotIdentifier, TargetDBSnapshotIdentifier: target };
    await rds.send(new CopyDBSnapshotCommand({ ...copy, KmsKeyId: key.KeyMetadata?.Arn }));
    await taken(target);
    await rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier }));
    const second = await restore(target);
    const other = await secretOf(second);
    assert.notEqual(other.password, password.password);
    assert.equal(second.DBInstanceClass, "db.t4g.small");
    assert.deepEqual(await query(second, "select count(*)::int as n from t", other), [{ n: 5000 }]);
    await query(second, "insert into t values (0), (1)", other);
    assert.deepEqual(await query(first, "select count(*)::int as n from t", password), [{ n: 5001 }]);
    await assert.rejects(restore("nowhere"), /the sandbox lacks rds:a snapshot with data called nowhere/);
  });

  it("answers clearly for what it does not run", async () => {
    await assert.rejects(create({ Engine: "mysql" }), /the sandbox lacks rds:CreateDBInstance with the engine mysql/);
    await assert.rejects(create({ MasterUserPassword: undefined }), { Code: "InvalidParameterValue" });
    await assert.rejects(create({ ManageMasterUserPassword: true }), { Code: "InvalidParameterCombination" });
  });

  it("modifies a subnet group in place, and keeps one that is used", async () => {
    const ec2 = new EC2Client(cloud.sdk());
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.8.0.0/16" }));
    const subnet = async (index: number) => {
      const place = { CidrBlock: `10.8.${index}.0/24`, AvailabilityZone: `us-east-1${"abc"[index]}` };
      const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, ...place }));
      return Subnet?.SubnetId ?? "";
    };
    const subnets = [await subnet(0), await subnet(1), await subnet(2)];
    const DBSubnetGroupName = unique("subnets");
    const Tags = [{ Key: "team", Value: "a" }];
    const group = { DBSubnetGroupName, DBSubnetGroupDescription: "first", SubnetIds: subnets.slice(0, 2), Tags };
    await rds.send(new CreateDBSubnetGroupCommand(group));
    await rds.send(new ModifyDBSubnetGroupCommand({ DBSubnetGroupName, SubnetIds: subnets }));
    const { DBSubnetGroups } = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName }));
    const [found] = DBSubnetGroups ?? [];
    assert.equal(found?.Subnets?.length, 3);
    assert.equal(found?.DBSubnetGroupDescription, "first");
    const { TagList } = await rds.send(new ListTagsForResourceCommand({ ResourceName: found?.DBSubnetGroupArn }));
    assert.deepEqual(TagList, Tags);
    await create({ DBSubnetGroupName });
    const remove = new DeleteDBSubnetGroupCommand({ DBSubnetGroupName });
    await assert.rejects(rds.send(remove), { Code: "InvalidDBSubnetGroupStateFault" });
  });
});

describe("Secrets Manager", () => {
  const cloud = useCloud();
  it("refuses to rotate a secret without a function, and keeps its value", async () => {
    const secrets = new SecretsManagerClient(cloud.sdk());
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: unique("secret"), SecretString: "kept" }));
    await assert.rejects(secrets.send(new RotateSecretCommand({ SecretId: ARN })), { name: "InvalidRequestException" });
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: ARN }));
    assert.equal(SecretString, "kept");
  });
  it("holds what AWSCURRENT was moved to, not what was put last", async () => {
    const secrets = new SecretsManagerClient(cloud.sdk());
    const made = await secrets.send(new CreateSecretCommand({ Name: unique("secret"), SecretString: "first" }));
    const SecretId = made.ARN;
    const put = await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: "second" }));
    const current = async () => (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    assert.equal(await current(), "second");
    const moves = { MoveToVersionId: made.VersionId, RemoveFromVersionId: put.VersionId };
    await secrets.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: "AWSCURRENT", ...moves }));
    assert.equal(await current(), "first");
    const { VersionId } = put;
    const second = await secrets.send(new GetSecretValueCommand({ SecretId, VersionId }));
    assert.equal(second.SecretString, "second");
  });
});
