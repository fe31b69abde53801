import assert from "node:assert/strict";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { useDatabase } from "./database.ts";

const create = parseMigration(
  "0001_create",
  "expand",
  `CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2);
   CREATE SCHEMA s; GRANT USAGE ON SCHEMA s TO app;
   CREATE TABLE s."Odd name" (id int) PARTITION BY LIST (id); CREATE TABLE s.part PARTITION OF s."Odd name" DEFAULT;
   GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA s TO app;
   CREATE FUNCTION add() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO public.t VALUES (9)'`,
);
const refused = { code: "25006" };

describe("refused writes", () => {
  const { connect, connectApp, apply, writes, rows } = useDatabase();
  beforeEach(() => apply([create]));

  it("are those of sessions that are open and of new ones, whatever they set; reads go on", async () => {
    const open = await connectApp();
    assert.deepEqual(await writes({ to: "refused" }), { writes: "refused" });
    for (const app of [open, await connectApp()]) {
      for (const sql of [
        "INSERT INTO t VALUES (3)",
        "UPDATE t SET id = 3 WHERE false",
        "DELETE FROM t",
        `INSERT INTO s."Odd name" VALUES (1)`,
        "INSERT INTO s.part VALUES (1)",
        "SET default_transaction_read_only = off; BEGIN READ WRITE; INSERT INTO t VALUES (3)",
        "ROLLBACK; SELECT add()",
      ])
        await assert.rejects(app.query(sql), refused, sql);
      await app.query("ROLLBACK; RESET ALL");
      assert.equal((await app.query("SELECT FROM t")).rowCount, 2);
    }
  });

  it("are not the migrations'", async () => {
    await writes({ to: "refused" });
    const fill = parseMigration("0002_fill", "expand", "INSERT INTO t VALUES (3); CREATE TABLE later (id int)");
    await apply([create, fill], { runId: "run-2" });
    const app = await connectApp();
    await app.query("INSERT INTO later VALUES (1)");
    await writes({ to: "refused" });
    await assert.rejects(app.query("INSERT INTO later VALUES (1)"), refused);
  });

  it("wait for the transaction that has written, so that the rows are those of the answer", async () => {
    const app = await connectApp();
    await app.query("BEGIN; INSERT INTO t VALUES (3)");
    let answered = false;
    const asked = writes({ to: "refused" }).then(() => {
      answered = true;
    });
    const reader = await connectApp();
    for (let i = 0; i < 20; i++) assert.equal((await reader.query("SELECT FROM t")).rowCount, 2);
    assert.equal(answered, false);
    await app.query("COMMIT");
    await asked;
    assert.deepEqual(await rows(), { "public.t": "3", 's."Odd name"': "0", "s.part": "0" });
  });

  it("change nothing when a writer never ends", async () => {
    const app = await connectApp();
    await app.query("BEGIN; INSERT INTO t VALUES (3)");
    await assert.rejects(writes({ to: "refused" }, 100), { name: "LockTimeout", message: /holds a table/ });
    await app.query("INSERT INTO t VALUES (4); COMMIT");
    await (await connectApp()).query("INSERT INTO t VALUES (5)");
  });

  it("are allowed again while a reader holds a table", async () => {
    await writes({ to: "refused" });
    const reader = await connectApp();
    await reader.query("BEGIN; SELECT FROM t");
    assert.deepEqual(await writes({ to: "allowed" }), { writes: "allowed" });
    await (await connectApp()).query("INSERT INTO t VALUES (3)");
    assert.deepEqual(await writes({ to: "refused" }), { writes: "refused" });
    await assert.rejects((await connectApp()).query("INSERT INTO t VALUES (3)"), refused);
    await reader.query("COMMIT");
  });

  it("are the same when asked again", async () => {
    for (const to of ["allowed", "refused", "refused", "noted", "noted", "allowed", "allowed"] as const)
      assert.deepEqual(await writes({ to }), { writes: to });
  });

  it("in a database without a table are none", async () => {
    await (await connect()).query('DROP TABLE t, s.part, s."Odd name"');
    assert.deepEqual(await writes({ to: "refused" }), { writes: "allowed" });
    assert.deepEqual(await rows(), {});
  });
});

describe("the first write", () => {
  const { connect, connectApp, apply, writes } = useDatabase();
  beforeEach(() => apply([create]));

  it("is noted when it is committed, once, and keeps the way back shut", async () => {
    await writes({ to: "noted" });
    const [one, other, master] = await Promise.all([connectApp(), connectApp(), connect()]);
    await master.query("INSERT INTO t VALUES (3)");
    await one.query("BEGIN; INSERT INTO t VALUES (4); ROLLBACK");
    assert.deepEqual(await writes({ to: "refused", unlessWritten: true }), { writes: "refused" });
    await writes({ to: "noted" });
    // Neither waits for the other.
    await one.query("BEGIN; INSERT INTO t VALUES (4)");
    await other.query("BEGIN; INSERT INTO t VALUES (5); COMMIT");
    await one.query("COMMIT");
    const kept = await writes({ to: "refused", unlessWritten: true });
    assert.equal(kept.writes, "noted");
    assert.ok(Date.parse(kept.firstWriteAt ?? "") > 0);
    await one.query("INSERT INTO t VALUES (6)");
    assert.deepEqual(await writes({ to: "noted" }), kept);
    assert.equal((await writes({ to: "refused" })).writes, "refused");
  });

  it("is another's after an earlier upgrade", async () => {
    await writes({ to: "noted" });
    await (await connectApp()).query("INSERT INTO t VALUES (3)");
    await writes({ to: "refused" });
    assert.deepEqual(await writes({ to: "noted" }), { writes: "noted" });
  });
});
