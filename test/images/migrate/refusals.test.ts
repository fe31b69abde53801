import assert from "node:assert/strict";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { admit } from "../../../images/migrate/src/refusals.ts";

const expand = (sql: string) => parseMigration("0002_next", "expand", sql);

describe("a migration that is refused", () => {
  for (const [sql, place, what] of [
    ["BEGIN;\nCREATE TABLE u (id int);\nCOMMIT;", "1:1", /BEGIN in a migration/],
    ["CREATE TABLE u (id int);\n  START TRANSACTION;", "2:3", /START TRANSACTION/],
    ["CREATE TABLE u (id int);\nCOMMIT AND CHAIN", "2:1", /COMMIT/],
    ["SELECT 1; END", "1:11", /COMMIT/],
    ["SELECT 1;\nABORT;", "2:1", /ROLLBACK/],
    ["PREPARE TRANSACTION 'x'", "1:1", /PREPARE TRANSACTION/],
    ["-- transaction: none\nBEGIN", "2:1", /BEGIN/],
    ["SELECT 1;\n\\restrict abc\nSELECT 2", "2:1", /\\restrict is a command of psql.*pg_dump/],
    ["\\copy t FROM 'rows.csv'", "1:1", /\\copy is a command of psql.*INSERT/],
    ["SELECT 1 \\gexec", "1:10", /\\gexec is a command of psql/],
    ["SELECT :'name'", "1:8", /:'name is a variable of psql/],
    ["COPY t FROM stdin;\n1\ta@b\n\\.\n", "2:1", /COPY .* needs psql.*INSERT/],
    ["SELECT 1;\nCOPY t FROM stdin", "2:1", /COPY .* needs psql/],
    ["CREATE INDEX CONCURRENTLY i ON t (id)", "1:1", /CONCURRENTLY cannot run in a transaction.*transaction: none/],
    ["VACUUM t", "1:1", /VACUUM cannot run in a transaction/],
    ["SELECT 1;\nSELEC 2;", "2:1", /syntax error at or near "SELEC"/],
    ["SELECT\u00a01", "1:1", /invisible character, U\+00A0/],
    ["SELECT 'open", "1:8", /unterminated quoted string/],
  ] as const) {
    it(`is ${JSON.stringify(sql)}`, async () => {
      const message = new RegExp(`^0002_next\\.expand\\.sql:${place}: .*${what.source}`);
      await assert.rejects(admit(expand(sql)), { name: "InvalidMigration", message });
    });
  }

  it("does not repeat the rest of the file", async () => {
    const error = await admit(expand(`SELECT '${"x".repeat(100_000)}`)).catch((caught: Error) => caught);
    assert.match(String(error), /^InvalidMigration: 0002_next\.expand\.sql:1:8: unterminated quoted string/);
    assert.ok(String(error).length < 1_000);
  });

  for (const sql of [
    "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
    "SELECT 'BEGIN; COMMIT;', $x$ROLLBACK$x$ -- BEGIN;\n/* COMMIT; */",
    "SAVEPOINT a; CREATE TABLE u (id int); ROLLBACK TO a",
    "-- only a comment",
    "",
    `SELECT '${"x".repeat(3_000_000)}'`,
    'CREATE TABLE "begin" ("commit" int)',
  ]) {
    it(`is not ${JSON.stringify(sql.slice(0, 90))}`, async () => {
      await admit(expand(sql));
    });
  }
});
