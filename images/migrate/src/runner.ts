import type pg from "pg";
import { type Log, messageOf } from "../../base/src/environment.ts";
import type { MigrationFile } from "./files.ts";
import { appliedByRun, ensureHistory, readApplied, readRun, recordMigration, recordRun } from "./history.ts";
import { withLock } from "./lock.ts";
import { type AppliedMigration, type MigrateAnswer, MigrateError, type MigrateRequest, type Phase } from "./request.ts";
import { ensureAppRole } from "./role.ts";

export interface RunnerOptions {
  /** A session of the database's master role, connected. */
  readonly client: pg.Client;
  readonly files: readonly MigrationFile[];
  readonly appPassword: string;
  /** When to give up waiting for another run, in milliseconds since the epoch. */
  readonly deadline: number;
  /**
   * How long a migration waits for a table's lock, in milliseconds. While it waits, every later query on the table
   * waits behind it, so it is short and the migration fails instead.
   */
  readonly lockTimeoutMs: number;
  readonly log: Log;
}

/** Answers a request: what is applied and pending, after applying a phase's pending migrations when asked to. */
export async function migrate(request: MigrateRequest, options: RunnerOptions): Promise<MigrateAnswer> {
  const { client, files, deadline } = options;
  if (request.action === "status") return { ...compare(files, await readApplied(client)), ran: [] };
  return withLock(client, deadline, () => apply(request.phase, request.runId, options));
}

async function apply(phase: Phase, runId: string, options: RunnerOptions): Promise<MigrateAnswer> {
  const { client, files } = options;
  await ensureHistory(client);
  const answered = await readRun(client, runId, phase);
  if (answered !== undefined) return answered;
  await ensureAppRole(client, options.appPassword);
  for (const file of toRun(phase, files, await readApplied(client))) await applyFile(options, file, runId);
  const ran = await appliedByRun(client, runId);
  const answer = { ...compare(files, await readApplied(client)), ran, runId };
  await recordRun(client, runId, phase, answer);
  return answer;
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

/** Pending are the files not yet applied. A file that changed after it was applied is an error that names it. */
export function compare(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Pick<MigrateAnswer, "applied" | "pending"> {
  const done = new Map(applied.map((migration) => [migration.name, migration]));
  for (const { name, kind, checksum } of files) {
    const before = done.get(name);
    if (before !== undefined && (before.checksum !== checksum || before.kind !== kind)) {
      throw new MigrateError(
        "ChangedMigration",
        `${name}.${kind}.sql: the file is not the one applied at ${before.appliedAt}. ` +
          "Put it back as it was, and write the change as a new migration",
      );
    }
  }
  const pending = files.filter(({ name }) => !done.has(name)).map(({ name, kind }) => ({ name, kind }));
  return { applied, pending };
}

async function applyFile(options: RunnerOptions, file: MigrationFile, runId: string): Promise<void> {
  const started = Date.now();
  try {
    if (file.transaction) await applyInTransaction(options, file, runId);
    else await applyOutsideTransaction(options, file, runId);
  } catch (error) {
    const left = file.transaction ? "Nothing of it was applied" : "It ran outside a transaction: check what it left";
    throw new MigrateError("MigrationFailed", `${file.name}.${file.kind}.sql: ${messageOf(error)}. ${left}`, {
      cause: error,
    });
  }
  options.log("info", "migration applied", { migration: file.name, kind: file.kind, ms: Date.now() - started });
}

async function applyInTransaction(options: RunnerOptions, file: MigrationFile, runId: string): Promise<void> {
  const { client, lockTimeoutMs } = options;
  await client.query("BEGIN");
  try {
    await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    await client.query(file.sql);
    await recordMigration(client, file, runId);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** One statement: the extended protocol refuses several, which PostgreSQL would wrap in a transaction. */
async function applyOutsideTransaction(options: RunnerOptions, file: MigrationFile, runId: string): Promise<void> {
  const { client } = options;
  await dropInvalidIndexes(options, file);
  const statement: pg.QueryConfig & { queryMode: "extended" } = { text: file.sql, queryMode: "extended" };
  await client.query(statement);
  await recordMigration(client, file, runId);
}

/**
 * An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index, which is in the way of the next attempt and which
 * IF NOT EXISTS would take for the real one.
 */
async function dropInvalidIndexes({ client, log }: RunnerOptions, file: MigrationFile): Promise<void> {
  const { rows } = await client.query(
    "SELECT c.relname AS name, c.oid::regclass::text AS qualified FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid",
  );
  for (const { name, qualified } of rows) {
    if (!new RegExp(`\\b${name}\\b`).test(file.sql)) continue;
    log("warn", "dropping an index that an interrupted run left invalid", { index: qualified });
    await client.query(`DROP INDEX CONCURRENTLY ${qualified}`);
  }
}
