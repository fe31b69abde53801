/** Snapshots: described by moto, with the data of the moment they were taken, and instances that are made of them. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsError, type CloudContext } from "../handlers.ts";
import { lacking } from "../moto/server.ts";
import type { Cluster, ClusterFactory } from "./cluster.ts";
import { forcesTls } from "./groups.ts";
import type { Instances, Owner } from "./instances.ts";
import { droppedSettings } from "./requests.ts";

// AWS takes minutes for either; a sandbox at real-time pace takes this long.
const takingMs = 20_000;
const restoringMs = 30_000;

interface Snapshot {
  readonly id: string;
  status: "creating" | "available" | "failed";
  /** Where the data are; a copy of the snapshot shares them. */
  directory?: string;
}

/** The snapshots that have data. */
export class Snapshots {
  readonly #cloud: Pick<CloudContext, "clock" | "log">;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(cloud: Pick<CloudContext, "clock" | "log">) {
    this.#cloud = cloud;
  }

  find(owner: Owner, id: string | undefined): Snapshot | undefined {
    return this.#snapshots.get(keyOf(owner, id));
  }

  add(owner: Owner, id: string): Snapshot {
    const snapshot: Snapshot = { id: id.toLowerCase(), status: "creating" };
    this.#snapshots.set(keyOf(owner, id), snapshot);
    return snapshot;
  }

  /** Copies the data as they are now. */
  async take(snapshot: Snapshot, cluster: Cluster): Promise<void> {
    await this.#fill(snapshot, () => cluster.copy(`snapshot-${snapshot.id}-${randomBytes(4).toString("hex")}`));
  }

  async share(snapshot: Snapshot, directory: string): Promise<void> {
    await this.#fill(snapshot, async () => directory);
  }

  async #fill(snapshot: Snapshot, data: () => Promise<string>): Promise<void> {
    try {
      [snapshot.directory] = await Promise.all([data(), this.#cloud.clock.wait(takingMs)]);
      snapshot.status = "available";
    } catch (error) {
      snapshot.status = "failed";
      this.#cloud.log(`snapshot ${snapshot.id}: ${error instanceof Error ? error.message : error}`);
    }
  }

  delete(owner: Owner, id: string | undefined): void {
    const directory = this.find(owner, id)?.directory;
    this.#snapshots.delete(keyOf(owner, id));
    const shared = [...this.#snapshots.values()].some((other) => other.directory === directory);
    if (directory !== undefined && !shared) rmSync(directory, { recursive: true, force: true });
  }

  /** The directories go with the factory's home. */
  clear(): void {
    this.#snapshots.clear();
  }

  complete(described: DBSnapshot, owner: Owner): DBSnapshot {
    const status = this.find(owner, described.DBSnapshotIdentifier)?.status;
    if (status === undefined) return described;
    return { ...described, Status: status, PercentProgress: status === "creating" ? 0 : 100 };
  }

  /** The directory of one that can be restored or copied. */
  require(owner: Owner, id: string | undefined): string {
    const snapshot = this.find(owner, id);
    if (!snapshot) throw lacking("rds", `a snapshot with data called ${id}`);
    if (snapshot.directory !== undefined) return snapshot.directory;
    throw awsError("InvalidDBSnapshotState", `Snapshot ${id} is not in available state: it is ${snapshot.status}.`);
  }
}

function keyOf({ account, region }: Owner, id: string | undefined): string {
  return `${account}/${region}/${nameOf(id)}`;
}

/** A snapshot is named by its identifier or its ARN. */
const nameOf = (id = "") => (/^arn:[^:]+:rds:[^:]*:\d*:snapshot:(.+)$/.exec(id)?.[1] ?? id).toLowerCase();

export function installSnapshots(
  cloud: CloudContext,
  { instances, snapshots }: { instances: Instances; snapshots: Snapshots },
): void {
  cloud.handle(CreateDBSnapshotCommand, async (input, call) => {
    const { cluster } = instances.requireStatus(call, input.DBInstanceIdentifier, "available");
    const { DBSnapshot: described = {} } = await call.toMoto();
    const snapshot = snapshots.add(call, described.DBSnapshotIdentifier ?? "");
    if (cluster) void snapshots.take(snapshot, cluster);
    return { DBSnapshot: snapshots.complete(described, call) };
  });
  cloud.handle(CopyDBSnapshotCommand, async (input, call) => {
    const directory = snapshots.require(call, input.SourceDBSnapshotIdentifier);
    const source = nameOf(input.SourceDBSnapshotIdentifier);
    const { DBSnapshot: described = {} } = await call.toMoto({ ...input, SourceDBSnapshotIdentifier: source });
    const snapshot = snapshots.add(call, described.DBSnapshotIdentifier ?? "");
    void snapshots.share(snapshot, directory);
    return { DBSnapshot: snapshots.complete(described, call) };
  });
  cloud.handle(DescribeDBSnapshotsCommand, async (_, call) => {
    const answer = await call.toMoto();
    return { ...answer, DBSnapshots: answer.DBSnapshots?.map((described) => snapshots.complete(described, call)) };
  });
  cloud.handle(DeleteDBSnapshotCommand, async (input, call) => {
    const answer = await call.toMoto();
    snapshots.delete(call, input.DBSnapshotIdentifier);
    return answer;
  });
}

interface RestoreParts {
  readonly instances: Instances;
  readonly snapshots: Snapshots;
  readonly clusters: ClusterFactory;
  readonly putSecret: (client: SecretsManagerClient, arn: string, username: string, password: string) => Promise<void>;
  readonly randomPassword: () => string;
}

export function installRestore(
  cloud: CloudContext,
  { instances, snapshots, clusters, putSecret, randomPassword }: RestoreParts,
): void {
  cloud.handle(RestoreDBInstanceFromDBSnapshotCommand, async (input, call) => {
    const from = snapshots.require(call, input.DBSnapshotIdentifier);
    const source = nameOf(input.DBSnapshotIdentifier);
    const { DBInstance: described = {} } = await call.toMoto({ ...input, DBSnapshotIdentifier: source });
    const id = described.DBInstanceIdentifier ?? "";
    const instance = instances.add(call, id, droppedSettings({ ...input, DBInstanceIdentifier: id }));
    const masterUsername = described.MasterUsername ?? "postgres";
    const { SecretArn } = described.MasterUserSecret ?? {};
    const masterPassword = SecretArn ? randomPassword() : undefined;
    if (SecretArn && masterPassword)
      await putSecret(call.moto(SecretsManagerClient), SecretArn, masterUsername, masterPassword);
    const group = described.DBParameterGroups?.[0]?.DBParameterGroupName;
    const forceTls = await forcesTls(call.moto(RDSClient), group, described.EngineVersion);
    const name = `${id}-${randomBytes(4).toString("hex")}`;
    instances.change(instance, "creating", "available", restoringMs, async () => {
      const made = await clusters.create({ name, masterUsername, masterPassword, forceTls, from });
      if (instances.has(instance)) instance.cluster = made;
      else await made.remove();
    });
    return { DBInstance: instances.complete(described, call) };
  });
}
