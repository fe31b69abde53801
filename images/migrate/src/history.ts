import type pg from "pg";
import type { MigrationFile } from "./files.ts";
import { type AppliedMigration, type MigrateAnswer, MigrateError, type Phase } from "./request.ts";

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
    );`);
}

/** Every migration ever applied, by name; none where no run has been yet. */
export async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows: tables } = await client.query("SELECT to_regclass('switchyard.migrations') IS NOT NULL AS exists");
  if (!tables[0].exists) return [];
  const { rows } = await client.query(
    `SELECT name, kind, checksum, applied_at AS "appliedAt" FROM switchyard.migrations ORDER BY name`,
  );
  return rows.map((row) => ({ ...row, appliedAt: row.appliedAt.toISOString() }));
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
