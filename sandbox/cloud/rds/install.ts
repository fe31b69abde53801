/** Database instances: described by moto, run as PostgreSQL clusters of this machine. */
import { randomBytes } from "node:crypto";
import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RestoreDBInstanceToPointInTimeCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsError, type CloudContext } from "../handlers.ts";
import { lacking } from "../moto/server.ts";
import { databaseAuthority } from "./authority.ts";
import { type ClusterFactory, clusterFactory } from "./cluster.ts";
import { forcesTls, installGroups } from "./groups.ts";
import { describeInstance, Instances } from "./instances.ts";
import { droppedSettings, requireDeletable, requireSupported } from "./requests.ts";
import { installRestore, installSnapshots, Snapshots } from "./snapshots.ts";

// AWS takes minutes to create or delete an instance; a sandbox at real-time pace takes this long.
const creationMs = 30_000;
const changeMs = 10_000;

export function installRds(cloud: CloudContext): void {
  const instances = new Instances(cloud);
  const clusters = clusterFactory({
    dir: cloud.dir,
    processes: cloud.processes,
    authority: () => databaseAuthority(cloud.dir),
    password: randomPassword,
  });
  installCreate(cloud, instances, clusters);
  installModify(cloud, instances);
  const snapshots = new Snapshots(cloud);
  installDelete(cloud, instances, snapshots);
  installSnapshots(cloud, { instances, snapshots });
  installRestore(cloud, { instances, snapshots, clusters, putSecret, randomPassword });
  installPower(cloud, instances);
  installRefusals(cloud);
  installGroups(cloud, (group, moto) => applyParameters(instances, group, moto));

  cloud.handle(DescribeDBInstancesCommand, async (_, call) => {
    const answer = await call.toMoto();
    return { ...answer, DBInstances: answer.DBInstances?.map((described) => instances.complete(described, call)) };
  });
  cloud.onReset(() => {
    snapshots.clear();
    return instances.clear();
  });
  cloud.onStop(async () => {
    await instances.clear();
    await clusters.clear();
  });
  cloud.status("databases", () => instances.status());
}

function installCreate(cloud: CloudContext, instances: Instances, clusters: ClusterFactory): void {
  // Who makes one is about to make an instance.
  cloud.handle(CreateDBParameterGroupCommand, (_, call) => {
    clusters.prepare();
    return call.toMoto();
  });
  cloud.handle(CreateDBInstanceCommand, async (input, call) => {
    requireSupported(input);
    const { DBInstance: described = {} } = await call.toMoto();
    const id = described.DBInstanceIdentifier ?? "";
    const instance = instances.add(call, id, droppedSettings(input));
    const masterUsername = input.MasterUsername ?? "postgres";
    const masterPassword = input.MasterUserPassword ?? randomPassword();
    const { SecretArn } = described.MasterUserSecret ?? {};
    if (SecretArn) await putSecret(call.moto(SecretsManagerClient), SecretArn, masterUsername, masterPassword);
    const forceTls = await forcesTls(call.moto(RDSClient), input.DBParameterGroupName, input.EngineVersion);
    const name = `${id}-${randomBytes(4).toString("hex")}`;
    const wanted = { name, masterUsername, masterPassword, databaseName: input.DBName, forceTls };
    instances.change(instance, "creating", "available", creationMs, async () => {
      const made = await clusters.create(wanted);
      if (instances.has(instance)) instance.cluster = made;
      else await made.remove();
    });
    return { DBInstance: instances.complete(described, call) };
  });
}

function installModify(cloud: CloudContext, instances: Instances): void {
  cloud.handle(ModifyDBInstanceCommand, async (input, call) => {
    if (input.NewDBInstanceIdentifier) throw lacking("rds", "ModifyDBInstance with NewDBInstanceIdentifier");
    const instance = instances.requireStatus(call, input.DBInstanceIdentifier, "available");
    const before = await describeInstance(call.moto(RDSClient), input.DBInstanceIdentifier);
    const { DBInstance: described = {} } = await call.toMoto();
    Object.assign(instance.settings, droppedSettings(input));
    const { SecretArn } = described.MasterUserSecret ?? {};
    const newSecret = SecretArn !== before.MasterUserSecret?.SecretArn || input.RotateMasterUserPassword;
    const managed = SecretArn !== undefined && newSecret;
    const password = managed ? randomPassword() : input.MasterUserPassword;
    const username = described.MasterUsername ?? "";
    const group = described.DBParameterGroups?.[0]?.DBParameterGroupName;
    const forceTls = await forcesTls(call.moto(RDSClient), group, described.EngineVersion);
    instances.change(instance, "modifying", "available", changeMs, async () => {
      if (password) await instance.cluster?.setPassword(username, password);
      if (password && managed) await putSecret(call.moto(SecretsManagerClient), SecretArn, username, password);
      instance.cluster?.setForceTls(forceTls);
    });
    return { DBInstance: instances.complete(described, call) };
  });
}

function installDelete(cloud: CloudContext, instances: Instances, snapshots: Snapshots): void {
  cloud.handle(DeleteDBInstanceCommand, async (input, call) => {
    const moto = call.moto(RDSClient);
    const described = await describeInstance(moto, input.DBInstanceIdentifier);
    requireDeletable(input, described);
    if (input.FinalDBSnapshotIdentifier) await requireNewSnapshot(moto, input.FinalDBSnapshotIdentifier);
    const instance = instances.find(call, input.DBInstanceIdentifier);
    if (!instance) return call.toMoto();
    if (instance.status === "deleting") {
      throw awsError("InvalidDBInstanceState", `Instance ${instance.id} is already being deleted.`);
    }
    const final = input.FinalDBSnapshotIdentifier && snapshots.add(call, input.FinalDBSnapshotIdentifier);
    instances.change(instance, "deleting", "deleting", changeMs, async () => {
      if (final && instance.cluster) await snapshots.take(final, instance.cluster);
      await instance.cluster?.remove();
      delete instance.cluster;
    });
    instance.work = instance.work.then(async () => {
      await call.toMoto().catch((error: Error) => cloud.log(`database ${instance.id}: ${error.message}`));
      instances.delete(instance);
    });
    return { DBInstance: instances.complete(described, call) };
  });
}

async function requireNewSnapshot(moto: RDSClient, snapshot: string): Promise<void> {
  const { DBSnapshots } = await moto.send(new DescribeDBSnapshotsCommand({}));
  if (!DBSnapshots?.some(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === snapshot)) return;
  const message = `Cannot create the snapshot because one with the identifier ${snapshot} already exists.`;
  throw awsError("DBSnapshotAlreadyExists", message);
}

/** Reboot, stop and start. */
function installPower(cloud: CloudContext, instances: Instances): void {
  cloud.handle(RebootDBInstanceCommand, async (input, call) => {
    const instance = instances.requireStatus(call, input.DBInstanceIdentifier, "available");
    instances.change(instance, "rebooting", "available", changeMs, async () => {
      await instance.cluster?.stop();
      await instance.cluster?.start();
    });
    return { DBInstance: instances.complete(await describeInstance(call.moto(RDSClient), instance.id), call) };
  });
  cloud.handle(StopDBInstanceCommand, async (input, call) => {
    const instance = instances.requireStatus(call, input.DBInstanceIdentifier, "available");
    instances.change(instance, "stopping", "stopped", changeMs, async () => instance.cluster?.stop());
    return { DBInstance: instances.complete(await describeInstance(call.moto(RDSClient), instance.id), call) };
  });
  cloud.handle(StartDBInstanceCommand, async (input, call) => {
    const instance = instances.requireStatus(call, input.DBInstanceIdentifier, "stopped");
    instances.change(instance, "starting", "available", creationMs, async () => instance.cluster?.start());
    return { DBInstance: instances.complete(await describeInstance(call.moto(RDSClient), instance.id), call) };
  });
}

/** What moto would describe though nothing could connect to it. */
function installRefusals(cloud: CloudContext): void {
  const refuse = (operation: string) => () => {
    throw lacking("rds", operation);
  };
  cloud.handle(CreateDBClusterCommand, refuse("CreateDBCluster"));
  cloud.handle(CreateDBInstanceReadReplicaCommand, refuse("CreateDBInstanceReadReplica"));
  cloud.handle(RestoreDBInstanceToPointInTimeCommand, refuse("RestoreDBInstanceToPointInTime"));
}

async function applyParameters(instances: Instances, group: string, moto: RDSClient): Promise<void> {
  const { DBInstances = [] } = await moto.send(new DescribeDBInstancesCommand({}));
  for (const { DBInstanceArn, DBInstanceIdentifier, DBParameterGroups, EngineVersion } of DBInstances) {
    if (DBParameterGroups?.[0]?.DBParameterGroupName !== group) continue;
    const [, , , region = "", account = ""] = DBInstanceArn?.split(":") ?? [];
    const { cluster } = instances.find({ region, account }, DBInstanceIdentifier) ?? {};
    cluster?.setForceTls(await forcesTls(moto, group, EngineVersion));
  }
}

async function putSecret(client: SecretsManagerClient, arn: string, username: string, password: string): Promise<void> {
  await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify({ username, password }) }));
}

function randomPassword(): string {
  return randomBytes(24).toString("base64url");
}
