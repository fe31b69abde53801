/** Refuses writes to a database that is copied, and notes the first one to its copy. */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { withLock } from "./lock.ts";
import { MigrateError, type RowsAnswer, type WritesAnswer, type WritesRequest } from "./request.ts";

export interface WritesOptions {
  readonly connect: () => Promise<pg.Client>;
  /** When to give up waiting for a lock, in milliseconds since the epoch. */
  readonly deadline: number;
}

/**
 * Sets what becomes of writes by every role but the one that migrates. It ends no session and fails no read. Its answer
 * holds for what is in flight: a write has either been committed by then, or is dealt with as asked.
 *
 * @throws MigrateError `LockTimeout` when writers hold a table until the deadline; nothing has changed then.
 */
export async function setWrites(request: WritesRequest, { connect, deadline }: WritesOptions): Promise<WritesAnswer> {
  const client = await connect();
  try {
    return await withLock(client, deadline, () => setUnderLocks(client, request, deadline));
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * How many rows each table has, counted: as long as reading every table takes.
 */
export async function countRows({ connect }: Pick<WritesOptions, "connect">): Promise<RowsAnswer> {
  const client = await connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const rows: Record<string, string> = {};
    for (const table of await tablesOf(client)) {
      const { rows: counted } = await client.query(`SELECT count(*) AS count FROM ${table}`);
      rows[table] = counted[0].count;
    }
    await client.query("COMMIT");
    return { rows };
  } finally {
    await client.end().catch(() => {});
  }
}

/** Shorter than PostgreSQL's deadlock timeout of a second, so that of two who wait for each other the writer goes on. */
const lockTimeoutMs = 800;

async function setUnderLocks(client: pg.Client, request: WritesRequest, deadline: number): Promise<WritesAnswer> {
  await client.query(objects);
  for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
    try {
      return await attempt(client, request);
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (Date.now() + wait >= deadline) {
        const message = "a transaction that writes holds a table. Wait for it to end, or end it, then run this again";
        throw new MigrateError("LockTimeout", message, { cause: error });
      }
      await delay(wait * (0.5 + Math.random() / 2));
    }
  }
}

/** Codes of PostgreSQL's Appendix A: lock_not_available and deadlock_detected. */
function isLocked(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === "55P03" || error.code === "40P01");
}

async function attempt(client: pg.Client, request: WritesRequest): Promise<WritesAnswer> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = '${lockTimeoutMs}ms'`);
  try {
    const tables = await tablesOf(client);
    // Waits for the writers in flight and holds off later ones, never readers.
    if (tables.length > 0) await client.query(`LOCK TABLE ${tables.join(", ")} IN SHARE ROW EXCLUSIVE MODE`);
    const before = await stateOf(client);
    const kept = request.to === "refused" && request.unlessWritten && before.firstWriteAt !== undefined;
    if (!kept) await change(client, request, tables, before);
    const answer = await stateOf(client);
    await client.query("COMMIT");
    return answer;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function change(
  client: pg.Client,
  request: WritesRequest,
  tables: readonly string[],
  before: WritesAnswer,
): Promise<void> {
  if (request.to === "allowed") await disable(client);
  if (request.to === "noted" && before.writes !== "noted") await client.query("DELETE FROM switchyard.first_write");
  if (request.to === "allowed") return;
  const action = request.to === "refused" ? "BEFORE" : "AFTER";
  const { rows } = await client.query("SELECT quote_literal(session_user) AS owner");
  for (const table of tables)
    await client.query(`
      CREATE OR REPLACE TRIGGER ${trigger} ${action} INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION switchyard.${request.to}_write(${rows[0].owner})`);
}

const trigger = "switchyard_writes";

/** Disabled, not dropped: dropping one waits for readers, and those that come later wait behind it. */
async function disable(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    "SELECT tgrelid::regclass::text AS table FROM pg_trigger WHERE tgname = $1 AND tgenabled <> 'D' ORDER BY 1",
    [trigger],
  );
  for (const { table } of rows) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ${trigger}`);
}

async function stateOf(client: pg.Client): Promise<WritesAnswer> {
  const { rows } = await client.query(
    `SELECT (SELECT min(CASE f.proname WHEN 'refused_write' THEN 'refused' ELSE 'noted' END)
             FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
             WHERE t.tgname = $1 AND t.tgenabled <> 'D') AS writes,
            (SELECT min(at) FROM switchyard.first_write) AS at`,
    [trigger],
  );
  const [{ writes, at }] = rows;
  return { writes: writes ?? "allowed", ...(at && { firstWriteAt: at.toISOString() }) };
}

/** Every table that holds rows of the application's, by its quoted name; partitions too, which may be written by name. */
async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(`
    SELECT format('%I.%I', n.nspname, c.relname) AS table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'switchyard') AND n.nspname NOT LIKE 'pg\\_toast%'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1`);
  return rows.map(({ table }) => table);
}

/**
 * The row of the first write is written in that write's own transaction: it is there when the write is, and only then. Writers
 * at the same moment make a row each, since one key for all would make them wait for each other. The role that migrates is
 * told by who began the session, which no function's rights change.
 */
const objects = `
  CREATE SCHEMA IF NOT EXISTS switchyard;
  CREATE TABLE IF NOT EXISTS switchyard.first_write (at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE OR REPLACE FUNCTION switchyard.refused_write() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
  BEGIN
    IF session_user = TG_ARGV[0] THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'nothing may be written to % while the environment is upgraded', TG_RELID::regclass
      USING ERRCODE = 'read_only_sql_transaction';
  END $$;
  CREATE OR REPLACE FUNCTION switchyard.noted_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
  BEGIN
    IF session_user <> TG_ARGV[0] AND NOT EXISTS (SELECT FROM switchyard.first_write) THEN
      INSERT INTO switchyard.first_write DEFAULT VALUES;
    END IF;
    RETURN NULL;
  END $$;`;
