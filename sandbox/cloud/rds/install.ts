/** Database instances: described by moto, run as PostgreSQL clusters of this machine. */

import { randomBytes } from "node:crypto";
import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceMessage,
  CreateDBInstanceReadReplicaCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceMessage,
  RDSClient,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsError, type CloudContext } from "../handlers.ts";
import { lacking } from "../moto.ts";
import { databaseAuthority } from "./authority.ts";
import { type Cluster, clusterFactory } from "./cluster.ts";
import { forcesTls, installGroups } from "./groups.ts";

/** What moto does not know of an instance. */
interface Instance {
  readonly id: string;
  readonly key: string;
  status: string;
  /** Why the status is `failed`. */
  reason?: string;
  cluster?: Cluster;
  /** Settings moto drops from its answers. */
  settings: Partial<DBInstance>;
  /** Ends with the change under way. */
  work: Promise<void>;
}

// AWS takes minutes to create or delete an instance; a sandbox at real-time pace takes this long.
const creationMs = 30_000;
const changeMs = 10_000;

export function installRds(cloud: CloudContext): void {
  const instances = new Map<string, Instance>();
  const clusters = clusterFactory({
    dir: cloud.dir,
    processes: cloud.processes,
    authority: () => databaseAuthority(cloud.dir),
    password: randomPassword,
  });
  type Caller = { account: string; region: string };
  const keyOf = (call: Caller, id: string | undefined) => `${call.account}/${call.region}/${(id ?? "").toLowerCase()}`;

  const complete = (described: DBInstance, call: Caller): DBInstance => {
    const instance = instances.get(keyOf(call, described.DBInstanceIdentifier));
    if (!instance) return described;
    const port = instance.cluster?.port;
    const { Endpoint: _, ...rest } = described;
    return {
      ...rest,
      ...instance.settings,
      DBInstanceStatus: instance.status,
      ...(instance.reason ? { StatusInfos: [{ Normal: false, Status: "error", Message: instance.reason }] } : {}),
      ...(port === undefined ? {} : { Endpoint: { Address: "127.0.0.1", Port: port, HostedZoneId: "Z2R2ITUGPM61AM" } }),
    };
  };
  const describe = async (moto: RDSClient, id: string | undefined) => {
    const { DBInstances } = await moto.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    return DBInstances?.[0] ?? {};
  };

  /** Runs a change in the background, one at a time per instance: `during` now, `after` when it is done. */
  const change = (instance: Instance, during: string, after: string, awsMs: number, work: () => Promise<void>) => {
    instance.status = during;
    instance.work = instance.work
      .then(() => Promise.all([work(), cloud.clock.wait(awsMs)]))
      .then(
        () => {
          instance.status = after;
        },
        (error: Error) => {
          instance.status = "failed";
          instance.reason = error.message.split("\n").slice(0, 3).join(" ");
          cloud.log(`database ${instance.id}: ${error.stack ?? error.message}`);
        },
      );
  };
  const requireStatus = (call: Caller, id: string | undefined, wanted: string): Instance => {
    const instance = instances.get(keyOf(call, id));
    if (!instance) throw awsError("DBInstanceNotFound", `DBInstance ${id} not found.`, 404);
    if (instance.status === wanted) return instance;
    throw awsError("InvalidDBInstanceState", `Database instance is not in ${wanted} state: it is ${instance.status}.`);
  };

  cloud.handle(CreateDBInstanceCommand, async (input, call) => {
    requireSupported(input);
    const answer = await call.toMoto();
    const described = answer.DBInstance ?? {};
    const id = described.DBInstanceIdentifier ?? "";
    const key = keyOf(call, id);
    const instance: Instance = {
      id,
      key,
      status: "creating",
      settings: droppedSettings(input),
      work: Promise.resolve(),
    };
    instances.set(key, instance);
    const masterUsername = input.MasterUsername ?? "postgres";
    const masterPassword = input.MasterUserPassword ?? randomPassword();
    const { SecretArn } = described.MasterUserSecret ?? {};
    if (SecretArn) await putSecret(call.moto(SecretsManagerClient), SecretArn, masterUsername, masterPassword);
    const forceTls = await forcesTls(call.moto(RDSClient), input.DBParameterGroupName, input.EngineVersion);
    change(instance, "creating", "available", creationMs, async () => {
      const name = `${id}-${randomBytes(4).toString("hex")}`;
      const made = await clusters.create({
        name,
        masterUsername,
        masterPassword,
        databaseName: input.DBName,
        forceTls,
      });
      if (instances.get(key) === instance) instance.cluster = made;
      else await made.remove();
    });
    return { DBInstance: complete(described, call) };
  });

  cloud.handle(DescribeDBInstancesCommand, async (_, call) => {
    const answer = await call.toMoto();
    return { ...answer, DBInstances: answer.DBInstances?.map((described) => complete(described, call)) };
  });

  cloud.handle(ModifyDBInstanceCommand, async (input, call) => {
    if (input.NewDBInstanceIdentifier) throw lacking("rds", "ModifyDBInstance with NewDBInstanceIdentifier");
    const instance = requireStatus(call, input.DBInstanceIdentifier, "available");
    const before = await describe(call.moto(RDSClient), input.DBInstanceIdentifier);
    const answer = await call.toMoto();
    const described = answer.DBInstance ?? {};
    Object.assign(instance.settings, droppedSettings(input));
    const { SecretArn } = described.MasterUserSecret ?? {};
    const managed =
      SecretArn !== undefined && (input.RotateMasterUserPassword || SecretArn !== before.MasterUserSecret?.SecretArn);
    const password = managed ? randomPassword() : input.MasterUserPassword;
    const username = described.MasterUsername ?? "";
    const group = described.DBParameterGroups?.[0]?.DBParameterGroupName;
    const forceTls = await forcesTls(call.moto(RDSClient), group, described.EngineVersion);
    change(instance, "modifying", "available", changeMs, async () => {
      if (password) await instance.cluster?.setPassword(username, password);
      if (password && managed) await putSecret(call.moto(SecretsManagerClient), SecretArn, username, password);
      instance.cluster?.setForceTls(forceTls);
    });
    return { DBInstance: complete(described, call) };
  });

  cloud.handle(DeleteDBInstanceCommand, async (input, call) => {
    const moto = call.moto(RDSClient);
    const described = await describe(moto, input.DBInstanceIdentifier);
    requireDeletable(input, described);
    const snapshot = input.FinalDBSnapshotIdentifier;
    if (snapshot) {
      const { DBSnapshots } = await moto.send(new DescribeDBSnapshotsCommand({}));
      if (DBSnapshots?.some(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === snapshot)) {
        throw awsError(
          "DBSnapshotAlreadyExists",
          `Cannot create the snapshot because one with the identifier ${snapshot} already exists.`,
        );
      }
    }
    const instance = instances.get(keyOf(call, input.DBInstanceIdentifier));
    if (!instance) return call.toMoto();
    if (instance.status === "deleting") {
      throw awsError("InvalidDBInstanceState", `Instance ${instance.id} is already being deleted.`);
    }
    change(instance, "deleting", "deleted", changeMs, async () => {
      await instance.cluster?.remove();
      delete instance.cluster;
    });
    instance.work = instance.work.then(async () => {
      await call.toMoto().catch((error: Error) => cloud.log(`database ${instance.id}: ${error.message}`));
      instances.delete(instance.key);
    });
    return { DBInstance: complete(described, call) };
  });

  cloud.handle(RebootDBInstanceCommand, async (input, call) => {
    const instance = requireStatus(call, input.DBInstanceIdentifier, "available");
    change(instance, "rebooting", "available", changeMs, async () => {
      await instance.cluster?.stop();
      await instance.cluster?.start();
    });
    return { DBInstance: complete(await describe(call.moto(RDSClient), instance.id), call) };
  });
  cloud.handle(StopDBInstanceCommand, async (input, call) => {
    const instance = requireStatus(call, input.DBInstanceIdentifier, "available");
    change(instance, "stopping", "stopped", changeMs, async () => instance.cluster?.stop());
    return { DBInstance: complete(await describe(call.moto(RDSClient), instance.id), call) };
  });
  cloud.handle(StartDBInstanceCommand, async (input, call) => {
    const instance = requireStatus(call, input.DBInstanceIdentifier, "stopped");
    change(instance, "starting", "available", creationMs, async () => instance.cluster?.start());
    return { DBInstance: complete(await describe(call.moto(RDSClient), instance.id), call) };
  });

  // moto would describe an instance nothing can connect to.
  const refuse = (operation: string) => () => {
    throw lacking("rds", operation);
  };
  cloud.handle(CreateDBClusterCommand, refuse("CreateDBCluster"));
  cloud.handle(CreateDBInstanceReadReplicaCommand, refuse("CreateDBInstanceReadReplica"));
  cloud.handle(RestoreDBInstanceFromDBSnapshotCommand, refuse("RestoreDBInstanceFromDBSnapshot"));
  cloud.handle(RestoreDBInstanceToPointInTimeCommand, refuse("RestoreDBInstanceToPointInTime"));

  installGroups(cloud, async (group, moto) => {
    const { DBInstances = [] } = await moto.send(new DescribeDBInstancesCommand({}));
    for (const { DBInstanceArn, DBInstanceIdentifier, DBParameterGroups, EngineVersion } of DBInstances) {
      if (DBParameterGroups?.[0]?.DBParameterGroupName !== group) continue;
      const [, , , region = "", account = ""] = DBInstanceArn?.split(":") ?? [];
      const { cluster } = instances.get(keyOf({ region, account }, DBInstanceIdentifier)) ?? {};
      cluster?.setForceTls(await forcesTls(moto, group, EngineVersion));
    }
  });

  const removeAll = async () => {
    const all = [...instances.values()];
    instances.clear();
    await Promise.all(all.map(({ cluster }) => cluster?.remove()));
  };
  cloud.onReset(removeAll);
  cloud.onStop(async () => {
    await removeAll();
    await clusters.clear();
  });
  cloud.status("databases", () =>
    [...instances.values()].map(({ id, status, reason, cluster }) => ({
      id,
      status,
      ...(reason ? { reason } : {}),
      address: "127.0.0.1",
      port: cluster?.port,
    })),
  );
}

function requireSupported(input: CreateDBInstanceMessage): void {
  if (input.Engine !== "postgres") throw lacking("rds", `CreateDBInstance with the engine ${input.Engine}`);
  if (!input.ManageMasterUserPassword && !input.MasterUserPassword) {
    throw awsError("InvalidParameterValue", "The parameter MasterUserPassword must be provided and must not be blank.");
  }
  if (input.ManageMasterUserPassword && input.MasterUserPassword) {
    const message = "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
    throw awsError("InvalidParameterCombination", message);
  }
}

function requireDeletable(
  input: { SkipFinalSnapshot?: boolean; FinalDBSnapshotIdentifier?: string },
  instance: DBInstance,
): void {
  if (instance.DeletionProtection) {
    const message = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
    throw awsError("InvalidParameterCombination", message);
  }
  if (!input.SkipFinalSnapshot && !input.FinalDBSnapshotIdentifier) {
    throw awsError(
      "InvalidParameterCombination",
      "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
    );
  }
  if (input.SkipFinalSnapshot && input.FinalDBSnapshotIdentifier) {
    const message = "FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot.";
    throw awsError("InvalidParameterCombination", message);
  }
}

/** The settings of a request that moto does not give back. */
function droppedSettings(input: CreateDBInstanceMessage | ModifyDBInstanceMessage): Partial<DBInstance> {
  const insights = input.EnablePerformanceInsights;
  const settings: Partial<DBInstance> = {
    PerformanceInsightsEnabled: insights,
    PerformanceInsightsKMSKeyId: input.PerformanceInsightsKMSKeyId,
    PerformanceInsightsRetentionPeriod: input.PerformanceInsightsRetentionPeriod ?? (insights ? 7 : undefined),
    DatabaseInsightsMode: input.DatabaseInsightsMode,
    MonitoringRoleArn: input.MonitoringRoleArn,
    StorageThroughput: input.StorageThroughput,
    Iops: input.Iops,
    NetworkType: input.NetworkType,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

async function putSecret(client: SecretsManagerClient, arn: string, username: string, password: string): Promise<void> {
  await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify({ username, password }) }));
}

function randomPassword(): string {
  return randomBytes(24).toString("base64url");
}
