import type pg from "pg";
import type { Log } from "../../base/src/environment.ts";
import type { Statement } from "./statements.ts";

/** What CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY leave when they are interrupted. */
export interface InvalidIndex {
  readonly oid: number;
  readonly name: string;
  readonly schema: string;
  /** The name as it is written in SQL, with its schema. */
  readonly qualified: string;
}

/** The database's invalid indexes, but for those that a session is building now. */
export async function invalidIndexes(client: pg.Client): Promise<InvalidIndex[]> {
  const { rows } = await client.query(`
    SELECT c.oid, c.relname AS name, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS qualified
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND c.relkind = 'i'
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    ORDER BY 1`);
  return rows;
}

/**
 * An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index, which is in the way of the next attempt and which
 * IF NOT EXISTS would take for the real one.
 */
export async function dropInvalid(client: pg.Client, { node }: Statement, log: Log): Promise<void> {
  if (!("IndexStmt" in node) || node.IndexStmt.idxname === undefined) return;
  const { idxname, relation } = node.IndexStmt;
  for (const { name, schema, qualified } of await invalidIndexes(client)) {
    if (name !== idxname || (relation?.schemaname !== undefined && relation.schemaname !== schema)) continue;
    log("warn", "dropping an index that an interrupted run left invalid", { index: qualified });
    await client.query(`DROP INDEX CONCURRENTLY ${qualified}`);
  }
}

/** What a failed statement left of an index, in words; undefined where it left none. */
export function leftInvalid(before: readonly InvalidIndex[], now: readonly InvalidIndex[]): string | undefined {
  const known = new Set(before.map(({ oid }) => oid));
  const names = now.filter(({ oid }) => !known.has(oid)).map(({ qualified }) => qualified);
  if (names.length === 0) return undefined;
  return (
    `It left the invalid index ${names.join(", ")}, which slows writes and serves no reads. ` +
    `The next run of a CREATE INDEX drops it first; by hand: ${names.map((n) => `DROP INDEX CONCURRENTLY ${n}`).join("; ")}`
  );
}
