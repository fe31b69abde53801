import assert from "node:assert/strict";
import fc from "fast-check";
import { parseMigration } from "../../../images/migrate/src/files.ts";
import { placeIn, statementsOf } from "../../../images/migrate/src/statements.ts";

const migration = (sql: string) => parseMigration("0001_a", "expand", sql);

/** Statements, and what may stand between two, that hold what a splitter on text would trip over. */
const statement = fc.constantFrom(
  "SELECT 1",
  "SELECT 'a;b'",
  "SELECT 'it''s; \u{1d11e}'",
  "SELECT E'\\';'",
  "SELECT $$;'--$$",
  "SELECT $é$ $$;\n /* $é$",
  'SELECT 1 AS "a;\n""b"',
  "SELECT /* ; /* nested; */ 'x */ 1",
  "SELECT 1 -- ; é\n + 1",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
  "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
  "DO $b$ BEGIN\n PERFORM 1; END; $b$",
);
const between = fc.constantFrom("", " ", "\n", "\n\n  ", "-- é; x\n", "/* ;\n\u{1d11e} */ ", ";", "\t");

describe("a file's statements", () => {
  it("are what was put together, each where it was put", async () => {
    const parts = fc.array(fc.tuple(between, statement), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, between, async (chosen, last) => {
        let sql = "";
        const expected = chosen.map(([gap, text]) => {
          sql += gap;
          const lines = sql.split("\n");
          const place = { line: lines.length, column: [...(lines.at(-1) ?? "")].length + 1 };
          sql += `${text};`;
          return { text, place };
        });
        const found = await statementsOf(migration(sql + last));
        assert.deepEqual(
          found.map(({ text, place }) => ({ text, place })),
          expected,
        );
      }),
    );
  });

  it("may end without a semicolon", async () => {
    assert.deepEqual(
      (await statementsOf(migration("SELECT 1; SELECT 2 "))).map(({ text }) => text.trim()),
      ["SELECT 1", "SELECT 2"],
    );
  });

  it("have every character of theirs at its place in the file", async () => {
    await fc.assert(
      fc.asyncProperty(between, fc.string({ unit: "grapheme", maxLength: 40 }), async (gap, inside) => {
        const sql = migration(`${gap}SELECT 1;${gap}SELECT '${inside.replace(/['\0\\]/g, "")}', x`);
        const [, second] = await statementsOf(sql);
        assert.ok(second);
        const lines = sql.sql.split("\n");
        for (const [at, character] of [...second.text].entries()) {
          const { line, column } = placeIn(sql, second, at + 1);
          if (character !== "\n") assert.equal([...(lines[line - 1] ?? "")][column - 1], character);
        }
      }),
    );
  });
});
