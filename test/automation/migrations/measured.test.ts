import assert from "node:assert/strict";
import type pg from "pg";
import { lintMigrations } from "../../../automation/migrations/lint.ts";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { useDatabase } from "../../images/migrate/database.ts";
import { base, cases } from "./cases.ts";

/** Rules that say that a table is read or written as a whole, which PostgreSQL itself counts. */
const measured = ["foreign-key-scan", "check-scan", "not-null-scan", "type-change", "column-rewrite"];
/** What a case needs that the tests' schema has not, or has already. */
const missing = /^42(704|P01|703|710)$/;

describe("what the lint says of whole tables", () => {
  const { connect } = useDatabase();
  const first = parseMigration("0001_base", "expand", base);

  it("is what PostgreSQL does", async () => {
    const client = await connect();
    await client.query(`${base}
      INSERT INTO u SELECT generate_series(1, 50);
      INSERT INTO t SELECT n, n, 'b' || n, 'v', n, now() FROM generate_series(1, 50) n;
      CREATE DOMAIN d AS int; ALTER TABLE t ADD COLUMN of_domain d DEFAULT 1;
      ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT VALID;`);
    const seen = { reads: 0, not: 0 };
    for (const { sql, rules } of measured.flatMap((rule) => cases[rule] ?? [])) {
      // Validating by itself reads the table too, with a lock that keeps nobody out.
      if (/VALIDATE/.test(sql)) continue;
      await client.query("BEGIN");
      try {
        const before = await whole(client);
        await client.query(sql.replaceAll("CONSTRAINT f ", "CONSTRAINT f2 "));
        const after = await whole(client);
        const reads = after.read > before.read || after.file !== before.file;
        assert.equal(reads, rules.length > 0, `${sql}: ${JSON.stringify({ before, after })}`);
        seen[reads ? "reads" : "not"] += 1;
      } catch (error) {
        if (!missing.test((error as { code?: string }).code ?? "")) throw error;
      } finally {
        await client.query("ROLLBACK");
      }
    }
    assert.ok(seen.reads >= 15 && seen.not >= 15, JSON.stringify(seen));
  });

  it("may be got round as the documents say: a check makes SET NOT NULL read nothing", async () => {
    const client = await connect();
    const files = [
      "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID",
      "ALTER TABLE t VALIDATE CONSTRAINT c",
      "ALTER TABLE t ALTER COLUMN a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT c",
    ].map((sql, at) => parseMigration(`000${at + 2}_step`, "contract", sql));
    assert.deepEqual(await lintMigrations([first, ...files]), []);
    await client.query(`${base} INSERT INTO t (id, a) SELECT n, n FROM generate_series(1, 50) n`);
    await client.query(files[0]?.sql ?? "");
    await client.query(files[1]?.sql ?? "");
    await client.query("BEGIN");
    const { read } = await whole(client);
    await client.query(files[2]?.sql ?? "");
    assert.equal((await whole(client)).read, read);
    await client.query("COMMIT");
  });
});

/** What the session has read of the tables as wholes, and the file that holds one: another one when it was written anew. */
async function whole(client: pg.Client): Promise<{ read: number; file: number }> {
  const { rows } = await client.query(
    "SELECT coalesce(sum(seq_tup_read), 0)::int AS read, pg_relation_filenode('t')::int AS file FROM pg_stat_xact_user_tables WHERE relname IN ('t', 'u')",
  );
  return rows[0];
}
