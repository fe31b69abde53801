import type pg from "pg";
import type { MigrationFile } from "./files.ts";
import {
  type AppliedMigration,
  type MigrateAnswer,
  MigrateError,
  type MigrationFailure,
  type Phase,
} from "./request.ts";

/** What was applied, and what each run answered: tables in a schema of their own, beside the application's. */
export async function ensureHistory(client: pg.Client): Promise<void> {
  await client.query(`
    CREATE SCHEMA IF NOT EXISTS switchyard;
    CREATE TABLE IF NOT EXISTS switchyard.migrations (
      name text PRIMARY KEY,
      kind text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      run_id text NOT NULL
    );
    CREATE TABLE IF NOT EXISTS switchyard.runs (
      run_id text PRIMARY KEY,
      phase text NOT NULL,
      answer jsonb NOT NULL,
      finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE TABLE IF NOT EXISTS switchyard.failures (
      name text PRIMARY KEY,
      checksum text NOT NULL,
      failure jsonb NOT NULL,
      failed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE TABLE IF NOT EXISTS switchyard.rights (
      role text PRIMARY KEY,
      given_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );`);
}

/** Every migration ever applied, by name; none where no run has been yet. */
export async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  if (!(await exists(client, "switchyard.migrations"))) return [];
  const { rows } = await client.query(
    `SELECT name, kind, checksum, applied_at AS "appliedAt" FROM switchyard.migrations ORDER BY name`,
  );
  return rows.map((row) => ({ ...row, appliedAt: row.appliedAt.toISOString() }));
}

/** Of the pending files, those that failed with the content they have. */
export async function readFailures(
  client: pg.Client,
  files: readonly MigrationFile[],
  pending: MigrateAnswer["pending"],
): Promise<MigrateAnswer["failed"]> {
  // A database migrated by an earlier version lacks the table until the next run.
  if (!(await exists(client, "switchyard.failures"))) return [];
  const { rows } = await client.query(
    "SELECT name, checksum, failure, failed_at FROM switchyard.failures ORDER BY name",
  );
  const waiting = new Set(pending.map(({ name }) => name));
  const checksums = new Map(files.map(({ name, checksum }) => [name, checksum]));
  return rows
    .filter(({ name, checksum }) => waiting.has(name) && checksums.get(name) === checksum)
    .map(({ failure, failed_at }) => ({ ...failure, at: failed_at.toISOString() }));
}

export async function recordFailure(client: pg.Client, file: MigrationFile, failure: MigrationFailure): Promise<void> {
  await client.query(
    `INSERT INTO switchyard.failures (name, checksum, failure) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE
     SET checksum = excluded.checksum, failure = excluded.failure, failed_at = excluded.failed_at`,
    [file.name, file.checksum, JSON.stringify(failure)],
  );
}

async function exists(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query("SELECT to_regclass($1) IS NOT NULL AS exists", [table]);
  return rows[0].exists;
}

export async function recordMigration(client: pg.Client, file: MigrationFile, runId: string): Promise<void> {
  await client.query("INSERT INTO switchyard.migrations (name, kind, checksum, run_id) VALUES ($1, $2, $3, $4)", [
    file.name,
    file.kind,
    file.checksum,
    runId,
  ]);
}

/** The names a run applied, which may be more than one attempt of it. */
export async function appliedByRun(client: pg.Client, runId: string): Promise<string[]> {
  const { rows } = await client.query(
    "SELECT name FROM switchyard.migrations WHERE run_id = $1 ORDER BY applied_at, name",
    [runId],
  );
  return rows.map((row) => row.name);
}

/** What a finished run answered. */
export async function readRun(client: pg.Client, runId: string, phase: Phase): Promise<MigrateAnswer | undefined> {
  const { rows } = await client.query("SELECT phase, answer FROM switchyard.runs WHERE run_id = $1", [runId]);
  if (rows.length === 0) return undefined;
  if (rows[0].phase !== phase) {
    throw new MigrateError("InvalidRequest", `runId: ${runId} was a run of phase "${rows[0].phase}", not "${phase}"`);
  }
  return rows[0].answer;
}

export async function recordRun(client: pg.Client, runId: string, phase: Phase, answer: MigrateAnswer): Promise<void> {
  await client.query("INSERT INTO switchyard.runs (run_id, phase, answer) VALUES ($1, $2, $3)", [
    runId,
    phase,
    JSON.stringify(answer),
  ]);
}
