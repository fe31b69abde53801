import { hostname, userInfo } from "node:os";
import type { EnvironmentConfig } from "../../programs/config.ts";
import { type Aws, SdkAws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import { Lease } from "../ledger/lease.ts";
import { type StackTable, stackTable } from "../ledger/table.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Observed, Signal } from "./model.ts";
import { type Needs, observe } from "./observe.ts";
import type { RunEvent } from "./run.ts";
import type { EnvironmentShape } from "./shape.ts";
import type { Staged, StageMutation } from "./stage.ts";

/** Calls one run may make, and how many of them only the way back may use. Generous: a deploy of 40 services takes some 2,000. */
const callBudget = 20_000;
const callReserve = 2_000;

/** One command's hold on an environment: its ledger, its AWS clients, its clock. */
export interface Session {
  readonly where: Surroundings;
  readonly stack: string;
  readonly config: EnvironmentConfig;
  readonly aws: Aws;
  readonly table: StackTable;
  readonly clock: Clock;
  readonly report: (event: RunEvent) => void;
  readonly interrupted: () => Signal | undefined;
  readonly wake: AbortSignal;
  /** Registers what a deploy will run: the program's update. */
  readonly stage: (images: StageMutation, lease: Lease) => Promise<Staged>;
  readonly fetch: typeof fetch;
}

export function openAws(where: Surroundings): Aws {
  return new SdkAws({
    region: process.env["AWS_REGION"] ?? "us-east-1",
    deadlineMs: where.deadlineMs,
    budget: callBudget,
    reserve: callReserve,
  });
}

/** Name of the pipeline's ledger table. */
export const ledgerTableName = "switchyard-ledger";

export function openTable(aws: Aws, stack: string): StackTable {
  return stackTable(aws, ledgerTableName, stack);
}

export function actor(): string {
  return process.env["GITHUB_ACTOR"] ?? userInfo().username;
}

/** Takes the stack's lease, does the work, gives it back; also when the work fails. */
export async function withLease<T>(
  session: Pick<Session, "where" | "table" | "clock"> & Partial<Pick<Session, "wake">>,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { where, table, clock, wake } = session;
  const lease = await Lease.acquire(table, {
    holder: `${actor()}@${hostname()}#${process.pid}.${Math.random().toString(36).slice(2, 8)}`,
    purpose,
    durationMs: where.leaseMs,
    clock,
    isDead: isDeadHere,
    ...(wake && { wake }),
  });
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

/** True only for a process of this machine that is gone. */
export function isDeadHere(holder: string): boolean {
  const [, host, pid] = /@(.+)#(\d+)\./.exec(holder) ?? [];
  if (host !== hostname() || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Observes outside an operation. */
export function observeNow(session: Session, shape: EnvironmentShape | undefined, wanted: Needs): Promise<Observed> {
  return observe({ aws: session.aws, table: session.table, shape }, undefined, wanted);
}

export const nothingMore: Needs = {
  health: [],
  scaling: false,
  migrations: false,
  watch: false,
  taskDefinitions: false,
};
