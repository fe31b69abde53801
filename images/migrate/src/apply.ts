import type pg from "pg";
import type { Log } from "../../base/src/environment.ts";
import { failed, failureOf, refusedByServer } from "./failure.ts";
import { recordFailure, recordMigration } from "./history.ts";
import { dropInvalid, type InvalidIndex, invalidIndexes, leftInvalid } from "./indexes.ts";
import { type Admitted, waitsForTransactions } from "./refusals.ts";
import { nothingApplied, type Statement } from "./statements.ts";

export interface ApplyOptions {
  /** Opens a session of the database's master role. Each migration has one of its own, so that it finds it as new. */
  readonly connect: () => Promise<pg.Client>;
  /**
   * How long a migration waits for a table's lock, in milliseconds. While it waits, every later query on the table
   * waits behind it, so it is short and the migration fails instead.
   */
  readonly lockTimeoutMs: number;
  readonly log: Log;
}

/** Where a migration is, for the error that may come. */
interface Progress {
  statement: Statement | undefined;
  step: "run" | "record" | "commit";
}

/**
 * Applies one migration and records it, or records how it failed.
 *
 * @param history A session of its own: it records failures, and holds the lock meanwhile.
 * @throws MigrateError `MigrationFailed` with the statement's place, SQLSTATE, detail, hint, and what is left of it.
 */
export async function applyMigration(
  options: ApplyOptions,
  history: pg.Client,
  admitted: Admitted,
  runId: string,
): Promise<void> {
  const started = Date.now();
  const { file } = admitted;
  const client = await options.connect();
  const invalid = file.transaction ? [] : await invalidIndexes(history);
  const progress: Progress = { statement: admitted.statements[0], step: "run" };
  try {
    await (file.transaction ? inTransaction : outsideTransaction)(options, client, admitted, runId, progress);
  } catch (error) {
    // Sent before the server has cleaned up; it answers the next query when it has.
    await client.query("SELECT 1").catch(() => {});
    const left = file.transaction ? ofTransaction(error, progress) : await outside(history, invalid, error, progress);
    const failure = failureOf(file, progress.step === "run" ? progress.statement : undefined, error, left);
    await recordFailure(history, file, failure).catch(() => {});
    throw failed(failure, error);
  } finally {
    await client.end().catch(() => {});
  }
  options.log("info", "migration applied", { migration: file.name, kind: file.kind, ms: Date.now() - started });
}

async function inTransaction(
  { lockTimeoutMs }: ApplyOptions,
  client: pg.Client,
  { file, statements }: Admitted,
  runId: string,
  progress: Progress,
): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    for (const statement of statements) {
      progress.statement = statement;
      await client.query(statement.text);
    }
    progress.step = "record";
    // The file may have become another role, which may not write the history.
    await client.query("RESET SESSION AUTHORIZATION; RESET ROLE");
    await recordMigration(client, file, runId);
    progress.step = "commit";
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** A statement that waits for transactions has no limit: PostgreSQL would count that as waiting for a lock. */
async function outsideTransaction(
  { lockTimeoutMs, log }: ApplyOptions,
  client: pg.Client,
  { file, statements }: Admitted,
  runId: string,
  progress: Progress,
): Promise<void> {
  for (const statement of statements) {
    if (!waitsForTransactions(statement.node)) await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    await dropInvalid(client, statement, log);
    await client.query(statement.text);
  }
  progress.step = "record";
  await client.query("RESET SESSION AUTHORIZATION; RESET ROLE");
  await recordMigration(client, file, runId);
}

function ofTransaction(error: unknown, { step }: Progress): string {
  return step === "commit" && !refusedByServer(error)
    ? "Whether it was committed is not known: `migrate --status` says so once the database answers"
    : nothingApplied;
}

async function outside(
  history: pg.Client,
  before: readonly InvalidIndex[],
  error: unknown,
  { step }: Progress,
): Promise<string> {
  if (step === "record") return "It ran, but that could not be recorded: the next run runs it again";
  const left = leftInvalid(before, await invalidIndexes(history).catch(() => before));
  if (left !== undefined) return left;
  if (!refusedByServer(error)) return "It ran outside a transaction, and may still be running: check what it left";
  return "It ran outside a transaction: check what it left";
}
