/** The instances of this cloud: what moto does not know of them, and the changes under way. */
import { type DBInstance, DescribeDBInstancesCommand, type RDSClient } from "@aws-sdk/client-rds";
import { awsError, type CloudContext } from "../handlers.ts";
import type { Cluster } from "./cluster.ts";

/** What moto does not know of an instance. */
export interface Instance {
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

/** Whose instance it is: names are unique within an account and region. */
export interface Owner {
  readonly account: string;
  readonly region: string;
}

export class Instances {
  readonly #cloud: Pick<CloudContext, "clock" | "log">;
  readonly #instances = new Map<string, Instance>();

  constructor(cloud: Pick<CloudContext, "clock" | "log">) {
    this.#cloud = cloud;
  }

  find(owner: Owner, id: string | undefined): Instance | undefined {
    return this.#instances.get(keyOf(owner, id));
  }

  /** True while the instance is one of this cloud's, not one that a reset has removed. */
  has(instance: Instance): boolean {
    return this.#instances.get(instance.key) === instance;
  }

  add(owner: Owner, id: string, settings: Partial<DBInstance>): Instance {
    const key = keyOf(owner, id);
    const instance: Instance = { id, key, status: "creating", settings, work: Promise.resolve() };
    this.#instances.set(key, instance);
    return instance;
  }

  delete(instance: Instance): void {
    if (this.has(instance)) this.#instances.delete(instance.key);
  }

  /** Ends every cluster and forgets every instance. */
  async clear(): Promise<void> {
    const all = [...this.#instances.values()];
    this.#instances.clear();
    await Promise.all(all.map(({ cluster }) => cluster?.remove()));
  }

  status(): object[] {
    return [...this.#instances.values()].map(({ id, status, reason, cluster }) => ({
      id,
      status,
      ...(reason ? { reason } : {}),
      address: "127.0.0.1",
      port: cluster?.port,
    }));
  }

  requireStatus(owner: Owner, id: string | undefined, wanted: string): Instance {
    const instance = this.find(owner, id);
    if (!instance) throw awsError("DBInstanceNotFound", `DBInstance ${id} not found.`, 404);
    if (instance.status === wanted) return instance;
    throw awsError("InvalidDBInstanceState", `Database instance is not in ${wanted} state: it is ${instance.status}.`);
  }

  /** moto's description with what is true here: status, endpoint and the settings moto drops. */
  complete(described: DBInstance, owner: Owner): DBInstance {
    const instance = this.find(owner, described.DBInstanceIdentifier);
    if (!instance) return described;
    const { settings, status, reason, cluster } = instance;
    const { Endpoint: _, ...rest } = described;
    return {
      ...rest,
      ...settings,
      DBInstanceStatus: status,
      ...(reason ? { StatusInfos: [{ Normal: false, Status: "error", Message: reason }] } : {}),
      ...(cluster ? { Endpoint: { Address: "127.0.0.1", Port: cluster.port, HostedZoneId: hostedZone } } : {}),
    };
  }

  /** Runs a change in the background, one at a time per instance: `during` now, `after` when it is done. */
  change(instance: Instance, during: string, after: string, awsMs: number, work: () => Promise<void>): void {
    instance.status = during;
    instance.work = instance.work
      .then(() => Promise.all([work(), this.#cloud.clock.wait(awsMs)]))
      .then(
        () => {
          instance.status = after;
        },
        (error: Error) => {
          instance.status = "failed";
          instance.reason = error.message.split("\n").slice(0, 3).join(" ");
          this.#cloud.log(`database ${instance.id}: ${error.stack ?? error.message}`);
        },
      );
  }
}

// The zone of RDS endpoints in us-east-1 (Amazon RDS endpoints and quotas).
const hostedZone = "Z2R2ITUGPM61AM";

function keyOf({ account, region }: Owner, id: string | undefined): string {
  return `${account}/${region}/${(id ?? "").toLowerCase()}`;
}

/** One instance as moto describes it; throws its DBInstanceNotFound. */
export async function describeInstance(moto: RDSClient, id: string | undefined): Promise<DBInstance> {
  const { DBInstances } = await moto.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
  return DBInstances?.[0] ?? {};
}
