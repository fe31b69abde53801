import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseMigration, readMigrations } from "../../../images/migrate/src/files.ts";
import { parseRequest } from "../../../images/migrate/src/request.ts";
import { useDatabase } from "./database.ts";

const create = parseMigration("0001_create", "expand", "CREATE TABLE t (id int PRIMARY KEY)");
const index = parseMigration(
  "0002_index",
  "expand",
  "-- transaction: none\nCREATE INDEX CONCURRENTLY t_by_id ON t (id)",
);
const addName = parseMigration("0003_name", "expand", "ALTER TABLE t ADD COLUMN name text");
const dropName = parseMigration("0004_drop_name", "contract", "ALTER TABLE t DROP COLUMN name");

describe("the migration runner", () => {
  const { connect, connectApp, apply, status, tables } = useDatabase();

  it("says what is pending without writing anything", async () => {
    const answer = await status([create, dropName]);
    assert.deepEqual(answer, {
      applied: [],
      pending: [
        { name: "0001_create", kind: "expand" },
        { name: "0004_drop_name", kind: "contract" },
      ],
      failed: [],
      ran: [],
    });
    const { rows } = await (await connect()).query("SELECT FROM pg_namespace WHERE nspname = 'switchyard'");
    assert.equal(rows.length, 0);
  });

  it("applies expand migrations in order, and contract migrations only in their own phase", async () => {
    const files = [create, index, addName, dropName];
    const expanded = await apply(files);
    assert.deepEqual(expanded.ran, ["0001_create", "0002_index", "0003_name"]);
    assert.deepEqual(expanded.pending, [{ name: "0004_drop_name", kind: "contract" }]);
    assert.deepEqual(
      expanded.applied.map(({ name, checksum }) => ({ name, checksum })),
      [create, index, addName].map(({ name, checksum }) => ({ name, checksum })),
    );
    const contracted = await apply(files, { phase: "contract", runId: "run-2" });
    assert.deepEqual(contracted.ran, ["0004_drop_name"]);
    assert.deepEqual(contracted.pending, []);
  });

  it("applies an expand that comes after a contract still waiting", async () => {
    const later = parseMigration("0005_age", "expand", "ALTER TABLE t ADD COLUMN age int");
    assert.deepEqual((await apply([create, addName, dropName, later])).ran, ["0001_create", "0003_name", "0005_age"]);
  });

  it("refuses a contract while an expand before it is pending", async () => {
    await assert.rejects(apply([create, addName, dropName], { phase: "contract" }), {
      name: "OutOfOrder",
      message: /0004_drop_name: 0001_create comes first/,
    });
    assert.deepEqual(await tables(), []);
  });

  it("builds an index concurrently, outside a transaction", async () => {
    await apply([create, index]);
    const { rows } = await (await connect()).query(
      "SELECT indisvalid FROM pg_index WHERE indexrelid = 't_by_id'::regclass",
    );
    assert.deepEqual(rows, [{ indisvalid: true }]);
  });

  it("refuses several statements outside a transaction", async () => {
    const two = parseMigration("0002_two", "expand", "-- transaction: none\nSELECT 1; SELECT 2");
    await assert.rejects(apply([create, two]), {
      name: "InvalidMigration",
      message: /^0002_two\.expand\.sql:2:11: a second/,
    });
    assert.deepEqual(await tables(), []);
  });

  it("replaces the invalid index of an interrupted run", async () => {
    const client = await connect();
    await apply([create]);
    await client.query("CREATE INDEX t_by_id ON t (id)");
    await client.query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_by_id'::regclass");
    assert.deepEqual((await apply([create, index], { runId: "run-2" })).ran, ["0002_index"]);
    const { rows } = await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_by_id'::regclass");
    assert.deepEqual(rows, [{ indisvalid: true }]);
  });

  it("may find the index of a run that was cut off just before it was recorded", async () => {
    const ifNotExists = parseMigration(
      "0002_index",
      "expand",
      "-- transaction: none\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_by_id ON t (id)",
    );
    const client = await connect();
    await apply([create]);
    await client.query("CREATE INDEX t_by_id ON t (id)");
    assert.deepEqual((await apply([create, ifNotExists], { runId: "run-2" })).ran, ["0002_index"]);
  });

  it("lets two runners at once apply each migration once", async () => {
    const [first, second] = await Promise.all([
      apply([create, index, addName], { runId: "run-a" }),
      apply([create, index, addName], { runId: "run-b" }),
    ]);
    assert.deepEqual([...first.ran, ...second.ran].sort(), ["0001_create", "0002_index", "0003_name"]);
    assert.deepEqual(second.pending, []);
  });

  it("gives up waiting for another run at its deadline", async () => {
    const holder = await connect();
    await holder.query("SELECT pg_advisory_lock(126943965782888)");
    await assert.rejects(apply([create], { waitMs: 50 }), { name: "LockTimeout" });
    assert.deepEqual(await tables(), []);
  });

  it("answers a repeated run id as before and runs nothing", async () => {
    const first = await apply([create]);
    const again = await apply([create, addName]);
    assert.deepEqual(again, first);
    assert.deepEqual((await status([create, addName])).pending, [{ name: "0003_name", kind: "expand" }]);
  });

  it("refuses a run id of another phase", async () => {
    await apply([create]);
    await assert.rejects(apply([create], { phase: "contract" }), { name: "InvalidRequest", message: /runId: run-1/ });
  });

  it("continues a run that was cut off between two migrations, and answers with all it ran", async () => {
    const broken = { ...addName, sql: "SELECT pg_terminate_backend(pg_backend_pid())" };
    await assert.rejects(apply([create, broken]), { name: "MigrationFailed" });
    assert.deepEqual((await apply([create, addName])).ran, ["0001_create", "0003_name"]);
  });

  it("leaves nothing of a migration that fails, names it, and applies none after it", async () => {
    const failing = parseMigration("0002_bad", "expand", "CREATE TABLE half (id int); SELECT 1 / 0");
    await assert.rejects(apply([create, failing, addName]), {
      name: "MigrationFailed",
      message: "0002_bad.expand.sql:1:29: division by zero (SQLSTATE 22012). Nothing of it was applied",
    });
    assert.deepEqual(await tables(), ["t"]);
    assert.deepEqual(
      (await status([create, addName])).applied.map(({ name }) => name),
      ["0001_create"],
    );
  });

  it("gives up on a table lock instead of holding up the table's queries", async () => {
    await apply([create]);
    const reader = await connect();
    await reader.query("BEGIN; SELECT * FROM t");
    await assert.rejects(apply([create, addName], { runId: "run-2" }), { message: /lock timeout/ });
    await reader.query("COMMIT");
    assert.deepEqual((await apply([create, addName], { runId: "run-2" })).ran, ["0003_name"]);
  });

  it("names a file that changed after it was applied, also when only asked for the status", async () => {
    await apply([create]);
    const changed = parseMigration("0001_create", "expand", `${create.sql} -- changed`);
    const expected = { name: "ChangedMigration", message: /0001_create\.expand\.sql/ };
    await assert.rejects(apply([changed, addName], { runId: "run-2" }), expected);
    await assert.rejects(status([changed]), expected);
    const renamed = { ...create, kind: "contract" as const };
    await assert.rejects(status([renamed]), { name: "ChangedMigration" });
  });

  it("accepts an older image, which lacks files that are applied", async () => {
    await apply([create, addName]);
    const answer = await apply([create], { runId: "run-2" });
    assert.deepEqual(answer.ran, []);
    assert.equal(answer.applied.length, 2);
  });

  it("gives the role app its password and rows to read and write, and nothing to change the schema with", async () => {
    await apply([create]);
    await apply([create], { runId: "run-2" });
    const app = await connectApp();
    await app.query("INSERT INTO t (id) VALUES (1)");
    assert.deepEqual((await app.query("SELECT id FROM t")).rows, [{ id: 1 }]);
    await assert.rejects(app.query("DROP TABLE t"), /must be owner/);
    await assert.rejects(app.query("SELECT * FROM switchyard.runs"), /permission denied/);
    await assert.rejects(connectApp("wrong"), /authentication failed/);
  });

  it("applies this repository's own migrations", async () => {
    const directory = join(import.meta.dirname, "../../../migrations");
    const files = await readMigrations(directory);
    const answer = await apply(files);
    assert.deepEqual(
      answer.ran,
      files.filter(({ kind }) => kind === "expand").map(({ name }) => name),
    );
    assert.equal(files[0]?.sql, await readFile(join(directory, "0001_create_notes.expand.sql"), "utf8"));
  });
});

describe("a migrate request", () => {
  it("is status, or apply with a phase and a run id", () => {
    assert.deepEqual(parseRequest({ action: "status" }), { action: "status" });
    const apply = { action: "apply", phase: "contract", runId: "deploy-7:contract" };
    assert.deepEqual(parseRequest(apply), apply);
  });

  it("is rows, or writes with what becomes of them", () => {
    assert.deepEqual(parseRequest({ action: "rows" }), { action: "rows" });
    for (const to of ["noted", "allowed"])
      assert.deepEqual(parseRequest({ action: "writes", to }), { action: "writes", to });
    const refused = { action: "writes", to: "refused" };
    assert.deepEqual(parseRequest(refused), { ...refused, unlessWritten: false });
  });

  for (const [field, request] of Object.entries({
    action: { action: "drop" },
    phase: { action: "apply", phase: "both", runId: "r" },
    runId: { action: "apply", phase: "expand", runId: "" },
    to: { action: "writes", to: "read-only" },
    unlessWritten: { action: "writes", to: "refused", unlessWritten: "no" },
  })) {
    it(`names ${field} when it is not usable`, () => {
      assert.throws(() => parseRequest(request), {
        name: "InvalidRequest",
        message: new RegExp(`^${field}: expected`),
      });
    });
  }

  it("names action when the request is not an object", () => {
    for (const request of [null, 7, "apply", undefined, []]) {
      assert.throws(() => parseRequest(request), { name: "InvalidRequest", message: /^action: / });
    }
  });
});
