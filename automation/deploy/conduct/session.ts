import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { sessionName } from "../../../programs/access.ts";
import type { ConfigValues } from "../../../programs/config.ts";
import { actor } from "../../actor.ts";
import { type Aws, SdkAws } from "../../aws/clients.ts";
import { enter, type Place, placeIn, placeValues, refuseOtherAccount } from "../../aws/place.ts";
import { regionOf } from "../../aws/region.ts";
import type { Clock } from "../../clock.ts";
import { isProvenDead } from "../../ledger/holder.ts";
import { Lease, type LeaseState } from "../../ledger/lease.ts";
import { type StackTable, stackTable } from "../../ledger/table.ts";
import { thisMachine } from "../../machine.ts";
import type { OpenStack } from "../../stacks/open.ts";
import type { Surroundings } from "../../surroundings.ts";
import type { Staged, StageMutation } from "../act/stage.ts";
import type { Observed, Signal } from "../decide/model.ts";
import { type Needs, observe } from "../observe/observe.ts";
import type { EnvironmentShape } from "../observe/shape.ts";
import type { RunEvent } from "./loop.ts";

/** Calls one run may make, and how many of them only the way back may use. Generous: a deploy of 40 services takes some 2,000. */
const callBudget = 20_000;
const callReserve = 2_000;

/** One command's hold on an environment: its ledger, its AWS clients, its clock. */
export interface Session {
  readonly where: Surroundings;
  readonly stack: string;
  readonly aws: Aws;
  readonly table: StackTable;
  readonly clock: Clock;
  readonly report: (event: RunEvent) => void;
  readonly interrupted: () => Signal | undefined;
  readonly wake: AbortSignal;
  /** Registers what a deploy will run: the program's update. */
  readonly stage: (images: StageMutation, lease: Lease, disrupt?: readonly string[]) => Promise<Staged>;
  readonly fetch: typeof fetch;
}

/**
 * The AWS clients of a stack, in the account it is in.
 *
 * @param values its configuration, where that is known; else what its file says
 * @throws SwitchyardError `credentials` where they are another account's.
 */
export async function openAws(where: Surroundings, stack: string, values?: ConfigValues): Promise<Aws> {
  const place = placeIn(values ?? (await placeValues(where, stack)));
  const aws = await openPlace(where, await regionOf(where, stack), place, stack);
  try {
    await refuseOtherAccount(aws, place, stack);
    return aws;
  } catch (error) {
    aws.close();
    throw error;
  }
}

/** @throws SwitchyardError `credentials` where they are another account's than a stack's that names its own. */
export async function refuseElsewhere(where: Surroundings, { name, values }: OpenStack): Promise<void> {
  if (placeIn(values).account !== undefined) (await openAws(where, name, values)).close();
}

/** The AWS clients of one region of an account, whichever it is. */
export async function openPlace(
  { deadlineMs }: Pick<Surroundings, "deadlineMs">,
  region: string,
  { assumeRole }: Pick<Place, "assumeRole">,
  stack: string,
): Promise<Aws> {
  const credentials = assumeRole === undefined ? {} : { credentials: enter(region, assumeRole, sessionName(stack)) };
  return new SdkAws({ region, deadlineMs, budget: callBudget, reserve: callReserve, ...credentials });
}

/** Name of the pipeline's ledger table. */
export const ledgerTableName = "switchyard-ledger";

/** For a command that holds nothing of a stack longer than this: its clients are closed however it ends. */
export async function withAws<T>(
  where: Surroundings,
  stack: string,
  work: (aws: Aws) => Promise<T>,
  values?: ConfigValues,
): Promise<T> {
  const aws = await openAws(where, stack, values);
  try {
    return await work(aws);
  } finally {
    aws.close();
  }
}

export function openTable(aws: Aws, stack: string): StackTable {
  return stackTable(aws, ledgerTableName, stack);
}

/** Takes the stack's lease, does the work, gives it back; also when the work fails. */
export async function withLease<T>(
  session: Pick<Session, "where" | "table" | "clock"> & Partial<Pick<Session, "wake">>,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { where, table, clock, wake } = session;
  const lease = await Lease.acquire(table, {
    holder: `${actor()}@${hostname()}#${process.pid}.${randomBytes(5).toString("hex")}`,
    identity: thisMachine()?.identity,
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

/** True only with proof that the process at work was one of this machine's, and is gone. */
export function isDeadHere({ identity }: LeaseState): boolean {
  return isProvenDead(identity, thisMachine());
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
