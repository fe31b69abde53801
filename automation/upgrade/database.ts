/** The two databases of an upgrade: what their migration functions are asked, and the snapshot between them. */
import * as z from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import { readShape } from "../deploy/act/stage.ts";
import { invokeFunction } from "../deploy/observe/migrations.ts";
import type { StackTable } from "../ledger/table.ts";

const writes = z.object({
  writes: z.enum(["refused", "noted", "allowed"]),
  /** ISO 8601, UTC. */
  firstWriteAt: z.string().optional(),
});
const rows = z.object({ rows: z.record(z.string(), z.string()) });

export type Writes = Readonly<z.infer<typeof writes>>;

/** The database of one environment, as its migration function reaches it. */
export interface Database {
  readonly aws: Aws;
  readonly table: StackTable;
  /** Asked right before each call; throws when the lease is not held any more. */
  readonly permit: () => AbortSignal;
}

/** @throws SwitchyardError `migration-failed` with the function's own message; `not-found` before the first deploy. */
export async function setWrites(
  { aws, table, permit }: Database,
  to: "refused" | "noted" | "allowed",
  unlessWritten = false,
): Promise<Writes> {
  const request = { action: "writes", to, ...(to === "refused" && { unlessWritten }) };
  return invokeFunction(aws, await functionOf(table), request, writes, permit);
}

export async function countRows({ aws, table, permit }: Database): Promise<Readonly<Record<string, string>>> {
  return (await invokeFunction(aws, await functionOf(table), { action: "rows" }, rows, permit)).rows;
}

async function functionOf(table: StackTable): Promise<string> {
  const name = (await readShape(table))?.migrationFunctionName;
  if (name !== undefined) return name;
  throw new SwitchyardError("not-found", {
    what: "it has no migration function yet",
    where: `stack ${table.stack}`,
    fix: `deploy a version first: \`switchyard deploy ${table.stack} --tag <version>\``,
  });
}

/** A snapshot's status in RDS's words; undefined where there is none of that name. */
export async function snapshotStatus(aws: Aws, name: string): Promise<string | undefined> {
  const sdk = await import("@aws-sdk/client-rds");
  const client = await aws.client("rds");
  try {
    const { DBSnapshots } = await client.send(
      new sdk.DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name.toLowerCase() }),
    );
    return DBSnapshots?.[0]?.Status;
  } catch (error) {
    if (error instanceof sdk.DBSnapshotNotFoundFault) return undefined;
    throw error;
  }
}

/** RDS takes minutes for the first of a large database, and no time of its own says how many. */
const longestSnapshotMs = 6 * 3_600_000;
const pollMs = 5_000;

export interface SnapshotOptions {
  readonly clock: Clock;
  readonly pace: number;
  readonly permit: () => AbortSignal;
  readonly wake: AbortSignal;
}

/** Takes the snapshot unless it is there, and waits for it. @param endpoint The database's address and port. */
export async function takeSnapshot(
  aws: Aws,
  name: string,
  endpoint: string,
  { clock, pace, permit, wake }: SnapshotOptions,
): Promise<void> {
  const sdk = await import("@aws-sdk/client-rds");
  const client = await aws.client("rds");
  if ((await snapshotStatus(aws, name)) === undefined) {
    const instance = await instanceAt(aws, endpoint);
    const command = new sdk.CreateDBSnapshotCommand({ DBInstanceIdentifier: instance, DBSnapshotIdentifier: name });
    await client.send(command, { abortSignal: permit() });
  }
  const deadline = clock.now() + longestSnapshotMs;
  for (;;) {
    const status = await snapshotStatus(aws, name);
    if (status === "available") return;
    if (status === undefined || status === "failed" || clock.now() > deadline)
      throw new SwitchyardError("aws-refused", {
        what: `the snapshot ${name} is ${status ?? "gone"}`,
        where: "Amazon RDS",
        fix: "look at the instance's events in RDS, delete the snapshot, and run the command again; `--back` lets writes through again",
      });
    await clock.sleep(Math.max(50, pollMs * pace), wake);
    if (wake.aborted) return;
  }
}

/** The instance that has an address and a port. */
async function instanceAt(aws: Aws, endpoint: string): Promise<string> {
  const sdk = await import("@aws-sdk/client-rds");
  const client = await aws.client("rds");
  for await (const { DBInstances = [] } of sdk.paginateDescribeDBInstances({ client }, {}))
    for (const { Endpoint, DBInstanceIdentifier } of DBInstances)
      if (`${Endpoint?.Address}:${Endpoint?.Port}` === endpoint && DBInstanceIdentifier) return DBInstanceIdentifier;
  throw new SwitchyardError("not-found", {
    what: `no database answers at ${endpoint}`,
    where: "Amazon RDS",
    fix: "compare the stack's output databaseEndpoint with the instances in its region",
  });
}
