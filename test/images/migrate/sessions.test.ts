import assert from "node:assert/strict";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { useDatabase } from "./database.ts";

const create = parseMigration("0001_create", "expand", "CREATE TABLE t (id serial PRIMARY KEY)");

const leavings = (role: string) =>
  [
    ["a search path, as pg_dump sets it", "SELECT pg_catalog.set_config('search_path', '', false)"],
    ["another role", "SET ROLE pg_read_all_data"],
    ["another role for the transaction", "SET LOCAL ROLE pg_read_all_data"],
    ["another user", `CREATE ROLE ${role}; SET SESSION AUTHORIZATION ${role}`],
    ["a setting", "SET default_transaction_read_only = on"],
    ["a time zone and a style", "SET TIME ZONE 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'"],
    ["a temporary table of the same name", "CREATE TEMP TABLE t (other text)"],
    ["a prepared statement", "PREPARE p AS SELECT 1"],
    ["a channel it listens to", "LISTEN c"],
    ["a cursor", "DECLARE c CURSOR WITH HOLD FOR SELECT 1"],
    ["an advisory lock", "SELECT pg_advisory_lock(7)"],
    ["no advisory lock at all", "SELECT pg_advisory_unlock_all()"],
  ] as const;

/** Fails, or notes what is unusual, in a session that is not as new. */
const look = (what: string) => `
  INSERT INTO t DEFAULT VALUES;
  PREPARE p AS SELECT 1;
  DECLARE c CURSOR WITH HOLD FOR SELECT 1;
  INSERT INTO found SELECT '${what}', jsonb_build_object(
    'zone', current_setting('TimeZone'), 'style', current_setting('DateStyle'), 'self', current_user = session_user,
    'free', pg_try_advisory_xact_lock(7), 'channels', (SELECT count(*) FROM pg_listening_channels()),
    'held', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND pid <> pg_backend_pid()))`;

describe("each migration's session", () => {
  const { connect, apply, tables } = useDatabase();

  it("is as new, whatever the one before left in its own", async () => {
    const role = `other_${process.pid}`;
    const files = leavings(role).flatMap(([what, left], at) => [
      parseMigration(`${1000 + 2 * at}_leave`, "expand", left),
      parseMigration(`${1001 + 2 * at}_look`, "expand", look(what)),
    ]);
    const found = parseMigration("0002_found", "expand", "CREATE TABLE found (what text, seen jsonb)");
    await apply([create, found, ...files]);
    const { rows } = await (await connect()).query("SELECT what, seen FROM found");
    assert.equal(rows.length, leavings(role).length);
    for (const { what, seen } of rows) {
      const asNew = { self: true, free: true, channels: 0, held: 0, zone: rows[0].seen.zone, style: "ISO, MDY" };
      assert.deepEqual(seen, asNew, what);
    }
    assert.notEqual(rows[0].seen.zone, "Asia/Tokyo");
  });

  it("cannot let go of the run's lock", async () => {
    const unlocks = parseMigration(
      "0002_unlocks",
      "expand",
      "SELECT pg_advisory_unlock_all(); CREATE TABLE seen AS SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory' AND granted",
    );
    await apply([create, unlocks]);
    assert.deepEqual((await (await connect()).query("SELECT locks FROM seen")).rows, [{ locks: "1" }]);
  });

  it("still gives up on a table's lock when the file before set no limit", async () => {
    const limitless = parseMigration("0002_limitless", "expand", "SET lock_timeout = 0");
    await apply([create, limitless]);
    const reader = await connect();
    await reader.query("BEGIN; SELECT * FROM t");
    const alter = parseMigration("0003_alter", "expand", "ALTER TABLE t ADD COLUMN a int");
    await assert.rejects(apply([create, limitless, alter], { runId: "run-2" }), { message: /lock timeout/ });
    const outside = parseMigration("0003_alter", "expand", `-- transaction: none\n${alter.sql}`);
    await assert.rejects(apply([create, limitless, outside], { runId: "run-3" }), { message: /lock timeout/ });
    await reader.query("COMMIT");
    assert.deepEqual((await tables()).sort(), ["t"]);
  });
});

describe("the rights of the role app", () => {
  const { connect, connectApp, apply } = useDatabase();

  it("are not given back after a migration took them away", async () => {
    const revoke = parseMigration(
      "0002_revoke",
      "expand",
      "REVOKE DELETE ON t FROM app; CREATE TABLE private (id serial); REVOKE ALL ON private FROM app; REVOKE ALL ON SEQUENCE private_id_seq FROM app",
    );
    const noDefaults = parseMigration(
      "0003_no_defaults",
      "expand",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE DELETE ON TABLES FROM app",
    );
    const later = parseMigration("0004_later", "expand", "CREATE TABLE later (id int)");
    await apply([create, revoke]);
    await apply([create, revoke, noDefaults, later], { runId: "run-2" });
    await apply([create, revoke, noDefaults, later], { runId: "run-3" });
    const app = await connectApp();
    await app.query("INSERT INTO t VALUES (1); INSERT INTO later VALUES (1)");
    for (const sql of [
      "DELETE FROM t",
      "SELECT * FROM private",
      "SELECT nextval('private_id_seq')",
      "DELETE FROM later",
    ])
      await assert.rejects(app.query(sql), /permission denied/, sql);
  });

  it("are not given back where an earlier version of the runner gave them", async () => {
    await apply([create]);
    const master = await connect();
    await master.query("DROP TABLE switchyard.rights; REVOKE DELETE ON t FROM app");
    await apply([create], { runId: "run-2" });
    await assert.rejects((await connectApp()).query("DELETE FROM t"), /permission denied/);
  });

  it("cover what was in the database before its first migration", async () => {
    const master = await connect();
    await master.query("CREATE TABLE old (id serial)");
    await apply([create]);
    await (await connectApp()).query("INSERT INTO old DEFAULT VALUES; INSERT INTO t VALUES (1)");
  });

  it("leave the role's login alone, and set its password at each run", async () => {
    await apply([create]);
    const master = await connect();
    await master.query("ALTER ROLE app NOLOGIN PASSWORD 'another'");
    try {
      await apply([create], { runId: "run-2" });
      await assert.rejects(connectApp(), /not permitted to log in/);
    } finally {
      await master.query("ALTER ROLE app LOGIN");
    }
    await connectApp();
  });
});
