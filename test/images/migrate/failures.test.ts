import assert from "node:assert/strict";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { useDatabase } from "./database.ts";

const create = parseMigration("0001_create", "expand", "CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE)");

const expand = (sql: string) => parseMigration("0002_next", "expand", sql);

describe("a migration that fails", () => {
  const { connect, apply, status, tables } = useDatabase();

  it("is told with its statement's place, SQLSTATE, detail and hint: in the error, the log and the status", async () => {
    const lines = Array.from({ length: 399 }, (_, at) => `INSERT INTO t VALUES (${at}, 'n${at}');`);
    lines[310] = "  INSERT INTO t\n    VALUES (1000, 'n7');";
    const bad = expand(lines.join("\n"));
    const message =
      '0002_next.expand.sql:311:3: duplicate key value violates unique constraint "t_email_key" (SQLSTATE 23505). ' +
      "Detail: Key (email)=(n7) already exists. Nothing of it was applied";
    await assert.rejects(apply([create, bad]), { name: "MigrationFailed", message });
    const { failed, pending } = await status([create, bad]);
    assert.deepEqual(pending, [{ name: "0002_next", kind: "expand" }]);
    const { at, ...rest } = failed[0] ?? assert.fail("the status has no failure");
    assert.ok(Date.parse(at) > Date.now() - 60_000);
    assert.deepEqual(rest, {
      name: "0002_next",
      kind: "expand",
      file: "0002_next.expand.sql",
      line: 311,
      column: 3,
      message: 'duplicate key value violates unique constraint "t_email_key"',
      sqlState: "23505",
      detail: "Key (email)=(n7) already exists.",
      left: "Nothing of it was applied",
    });
    assert.deepEqual((await status([create, expand("SELECT 1")])).failed, [], "a corrected file has not failed");
  });

  for (const [what, sql, expected] of [
    [
      "the character PostgreSQL names",
      "SELECT 'é–𝄞';\nSELECT 'é𝄞', nix\nFROM t;",
      /sql:2:14: column "nix" does not exist \(SQLSTATE 42703\)/,
    ],
    [
      "its hint",
      "SELECT emial FROM t",
      /sql:1:8: .* \(SQLSTATE 42703\)\. Hint: Perhaps you meant to reference the column "t\.email"/,
    ],
    [
      "where in a function it was",
      "DO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$",
      /sql:1:1: division by zero .*Context: .*line 3 at PERFORM/,
    ],
    ["a comment before the statement passed over", "-- why\n/* and\nhow */ SELECT 1 / 0", /sql:3:8: division by zero/],
    ["carriage returns as lines", "SELECT 1;\rSELECT 1 / 0", /sql:2:1: division by zero/],
    [
      "a constraint checked at the commit",
      "CREATE TABLE u (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED); INSERT INTO u VALUES (7)",
      /^0002_next\.expand\.sql: insert or update on table "u" .* \(SQLSTATE 23503\).*Nothing of it was applied$/,
    ],
    [
      "COMMIT in a block, which cannot end the transaction",
      "INSERT INTO t VALUES (1); DO $$ BEGIN COMMIT; END $$",
      /sql:1:27: invalid transaction termination .*Nothing of it was applied/,
    ],
  ] as const) {
    it(`is told with ${what}`, async () => {
      await assert.rejects(apply([create, expand(sql)]), { name: "MigrationFailed", message: expected });
      assert.deepEqual(await tables(), ["t"]);
      assert.deepEqual((await (await connect()).query("SELECT * FROM t")).rows, []);
    });
  }

  it("goes through once it is corrected, and is no failure any more", async () => {
    await assert.rejects(apply([create, expand("CREATE TABLE u (id int); SELECT 1 / 0")]));
    const good = expand("CREATE TABLE u (id int)");
    const answer = await apply([create, good], { runId: "run-2" });
    assert.deepEqual([answer.ran, answer.failed], [["0002_next"], []]);
  });

  it("does not say that nothing was applied when the connection broke at the commit", async () => {
    const breaks = expand(`
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
      INSERT INTO t VALUES (1)`);
    await assert.rejects(apply([create, breaks]), { message: /Whether it was committed is not known/ });
  });

  it("outside a transaction leaves an invalid index, and says so and how to mend it", async () => {
    const index = parseMigration(
      "0003_index",
      "expand",
      '-- transaction: none\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "By name (1)" ON t ((1))',
    );
    const rows = expand("INSERT INTO t VALUES (1), (2)");
    await assert.rejects(apply([create, rows, index]), {
      message:
        /^0003_index\.expand\.sql:2:1: could not create unique index .*SQLSTATE 23505.*It left the invalid index public\."By name \(1\)", .*DROP INDEX CONCURRENTLY public\."By name \(1\)"$/,
    });
    await (await connect()).query("DELETE FROM t WHERE id = 2");
    assert.deepEqual((await apply([create, rows, index], { runId: "run-2" })).ran, ["0003_index"]);
    const { rows: found } = await (await connect()).query("SELECT FROM pg_index WHERE NOT indisvalid");
    assert.deepEqual(found, []);
  });

  it("outside a transaction is told so when it left no index", async () => {
    await assert.rejects(apply([create, expand("-- transaction: none\nVACUUM nix")]), {
      message: /^0002_next\.expand\.sql:2:1: .*It ran outside a transaction: check what it left$/,
    });
  });

  it("logs what it ran", async () => {
    const lines: unknown[] = [];
    await apply([create], { log: (...line) => void lines.push(line.slice(0, 2)) });
    assert.deepEqual(lines, [["info", "migration applied"]]);
  });
});

describe("a migration that is refused", () => {
  const { apply, status, tables } = useDatabase();

  it("is before any is run, and the status says why", async () => {
    const file = expand("SELECT 1;\nCOMMIT");
    const message = /^0002_next\.expand\.sql:2:1: COMMIT in a migration/;
    await assert.rejects(apply([create, file]), { name: "InvalidMigration", message });
    assert.deepEqual(await tables(), []);
    const [failure] = (await status([create, file])).failed;
    assert.deepEqual([failure?.line, failure?.column, failure?.left], [2, 1, "Nothing of it was applied"]);
  });
});

describe("a migration that is older than one applied", () => {
  const { apply, tables } = useDatabase();
  const file = (name: string, kind: "expand" | "contract", sql = `CREATE TABLE t${name} (id int)`) =>
    parseMigration(name, kind, sql);
  const newer = file("0005_newer", "expand");

  it("is refused, and the fix is a new number", async () => {
    await apply([create, newer]);
    await assert.rejects(apply([create, file("0003_older", "expand"), newer], { runId: "run-2" }), {
      name: "OutOfOrder",
      message: /^0003_older\.expand\.sql: 0005_newer is applied already.* number above 0005/,
    });
    assert.deepEqual((await tables()).sort(), ["t", "t0005_newer"]);
    assert.deepEqual((await apply([create, newer, file("0006_older", "expand")], { runId: "run-3" })).ran, [
      "0006_older",
    ]);
  });

  it("is refused when it has the very number of one that this image lacks", async () => {
    await apply([create, newer]);
    await assert.rejects(apply([create, file("0005_zebra", "expand")], { runId: "run-2" }), { name: "OutOfOrder" });
  });

  it("runs when the file says why the order does not matter", async () => {
    await apply([create, newer]);
    const older = file("0003_older", "expand", "-- lint: allow older-number: another table\nCREATE TABLE u (id int)");
    assert.deepEqual((await apply([create, older, newer], { runId: "run-2" })).ran, ["0003_older"]);
    const unsaid = file("0004_older", "expand", "SELECT '\n-- lint: allow older-number: in a string\n'");
    await assert.rejects(apply([create, unsaid, newer], { runId: "run-3" }), { name: "OutOfOrder" });
  });

  it("may be a contract that waited while expands went on, but not one that missed its turn", async () => {
    const contract = file("0003_drop", "contract", "SELECT 1");
    await apply([create, contract, newer]);
    assert.deepEqual((await apply([create, contract, newer], { phase: "contract", runId: "run-2" })).ran, [
      "0003_drop",
    ]);
    const missed = file("0002_drop", "contract", "SELECT 1");
    const late = apply([create, missed, contract, newer], { phase: "contract", runId: "run-3" });
    await assert.rejects(late, { name: "OutOfOrder", message: /0003_drop is applied already/ });
  });
});
