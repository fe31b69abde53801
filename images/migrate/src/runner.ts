import type pg from "pg";
import { compare } from "./applied.ts";
import { type ApplyOptions, applyMigration } from "./apply.ts";
import { allows } from "./exceptions.ts";
import { fileOf, type MigrationFile } from "./files.ts";
import {
  appliedByRun,
  ensureHistory,
  readApplied,
  readFailures,
  readRun,
  recordFailure,
  recordRun,
} from "./history.ts";
import { withLock } from "./lock.ts";
import { orderProblem, outOfOrder } from "./order.ts";
import { type Admitted, admit } from "./refusals.ts";
import { type AppliedMigration, type MigrateAnswer, MigrateError, type MigrateRequest, type Phase } from "./request.ts";
import { ensureAppRole } from "./role.ts";

export interface RunnerOptions extends ApplyOptions {
  readonly files: readonly MigrationFile[];
  readonly appPassword: string;
  /** When to give up waiting for another run, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** Answers a request: what is applied and pending, after applying a phase's pending migrations when asked to. */
export async function migrate(request: MigrateRequest, options: RunnerOptions): Promise<MigrateAnswer> {
  const client = await options.connect();
  try {
    if (request.action === "status") return { ...(await state(client, options.files)), ran: [] };
    return await withLock(client, options.deadline, () => apply(client, request.phase, request.runId, options));
  } finally {
    await client.end().catch(() => {});
  }
}

async function state(client: pg.Client, files: readonly MigrationFile[]): Promise<Omit<MigrateAnswer, "ran">> {
  const { applied, pending } = compare(files, await readApplied(client));
  return { applied, pending, failed: await readFailures(client, files, pending) };
}

async function apply(client: pg.Client, phase: Phase, runId: string, options: RunnerOptions): Promise<MigrateAnswer> {
  const { files } = options;
  await ensureHistory(client);
  const answered = await readRun(client, runId, phase);
  if (answered !== undefined) return answered;
  await ensureAppRole(client, options.appPassword);
  const applied = await readApplied(client);
  const chosen = toRun(phase, files, applied);
  await refuseOutOfOrder(chosen, applied);
  // All are read before the first is run: one that is refused leaves the database as it was.
  const admitted: Admitted[] = [];
  for (const file of chosen) admitted.push(await admitOrRecord(client, file));
  for (const migration of admitted) await applyMigration(options, client, migration, runId);
  const answer = { ...(await state(client, files)), ran: await appliedByRun(client, runId), runId };
  await recordRun(client, runId, phase, answer);
  return answer;
}

async function admitOrRecord(client: pg.Client, file: MigrationFile): Promise<Admitted> {
  try {
    return await admit(file);
  } catch (error) {
    if (error instanceof MigrateError && error.failure !== undefined)
      await recordFailure(client, file, error.failure).catch(() => {});
    throw error;
  }
}

async function refuseOutOfOrder(chosen: readonly MigrationFile[], applied: readonly AppliedMigration[]): Promise<void> {
  for (const { migration, after } of outOfOrder(chosen, applied)) {
    if (await allows(migration, "older-number")) continue;
    const { what, fix } = orderProblem({ after });
    throw new MigrateError(
      "OutOfOrder",
      `${fileOf(migration)}: ${what}. ${fix.charAt(0).toUpperCase()}${fix.slice(1)}`,
    );
  }
}

/** The pending migrations of a phase. A contract is refused while an expand before it is pending. */
export function toRun(
  phase: Phase,
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationFile[] {
  const { pending } = compare(files, applied);
  const names = new Set(pending.filter(({ kind }) => kind === phase).map(({ name }) => name));
  const chosen = files.filter(({ name }) => names.has(name));
  const last = chosen.at(-1)?.name ?? "";
  const skipped = pending.find(({ kind, name }) => phase === "contract" && kind === "expand" && name < last);
  if (skipped !== undefined) {
    throw new MigrateError("OutOfOrder", `${last}: ${skipped.name} comes first. Apply the phase "expand" before it`);
  }
  return chosen;
}
