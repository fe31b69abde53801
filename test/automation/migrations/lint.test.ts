import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { fileRules, lintMigrations, rules } from "../../../automation/migrations/lint.ts";
import { parseMigration, readMigrations } from "../../../images/migrate/src/files.ts";
import { base, cases } from "./cases.ts";

const first = parseMigration("0001_base", "expand", base);

async function lint(sql: string, kind: "expand" | "contract" = "expand", earlier: readonly string[] = []) {
  const before = earlier.map((text, at) => parseMigration(`${1000 + at}_before`, "expand", text));
  const findings = await lintMigrations([first, ...before, parseMigration("2000_next", kind, sql)]);
  return findings.filter(({ file }) => file.startsWith("2000_"));
}

describe("the lint of migrations", () => {
  for (const [rule, list] of Object.entries(cases)) {
    describe(rule, () => {
      for (const { sql, kind, rules: expected } of list) {
        it(`${expected.length === 0 ? "passes" : "refuses"} ${kind}: ${sql.replaceAll("\n", " ")}`, async () => {
          const found = await lint(sql, kind);
          assert.deepEqual([...new Set(found.map((finding) => finding.rule))], expected, JSON.stringify(found));
        });
      }
    });
  }

  it("has a case that passes and one that does not for every rule", () => {
    for (const name of [...rules.map((rule) => rule.name), "no-statement"]) {
      const list = cases[name] ?? assert.fail(`no cases of ${name}`);
      assert.ok(
        list.some((one) => one.rules.length === 0),
        `${name} has none that passes`,
      );
      assert.ok(
        list.some((one) => one.rules.includes(name)),
        `${name} has none that does not`,
      );
    }
    assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
  });

  it("names file, line and column of the statement, what is wrong and what to write", async () => {
    assert.deepEqual(await lint("SELECT 1;\n\n  -- why\n  ALTER TABLE t ALTER COLUMN a SET NOT NULL;"), [
      {
        file: "2000_next.expand.sql",
        line: 4,
        column: 3,
        rule: "not-null-scan",
        what: "SET NOT NULL of a reads all of t while it keeps reads and writes out",
        fix: "first ADD CONSTRAINT … CHECK (<column> IS NOT NULL) NOT VALID, then VALIDATE it in a file of its own: SET NOT NULL after that reads nothing",
      },
    ]);
  });

  it("follows a call into the function of an earlier file, and says where it cannot read on", async () => {
    const made = "CREATE FUNCTION f(s text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE s; END $$";
    const [finding, ...others] = await lint("SELECT 1; SELECT f('x')", "contract", [made]);
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...finding },
      {
        file: "2000_next.contract.sql",
        line: 1,
        column: 11,
        rule: "unread-block",
        what: "EXECUTE s in the function f cannot be judged before it runs",
        fix: "write the statements themselves, or EXECUTE text of constants; else allow it with the reason why no table is locked and nothing added",
      },
    );
    for (const drop of ["DROP FUNCTION f(text)", "DROP FUNCTION IF EXISTS f", "DROP ROUTINE f"])
      assert.deepEqual(await lint(`${drop}; SELECT f('x')`, "contract", [made]), [], drop);
    assert.equal((await lint("DROP FUNCTION f(int); SELECT f('x')", "contract", [made])).length, 1);
  });

  it("passes SET NOT NULL where a check that an earlier file validated proves it", async () => {
    const add = "ALTER TABLE t ADD CONSTRAINT p CHECK (b <> '' AND a IS NOT NULL) NOT VALID";
    const validate = "ALTER TABLE public.t VALIDATE CONSTRAINT p";
    const set = "ALTER TABLE t ALTER COLUMN a SET NOT NULL";
    assert.deepEqual(await lint(set, "contract", [add, validate]), []);
    assert.deepEqual(await lint(`${validate}; ${set}`, "contract", [add]), []);
    assert.equal((await lint(set, "contract", [add])).length, 1, "not validated");
    assert.equal((await lint(set.replace(" a ", " d "), "contract", [add, validate])).length, 1, "another column");
    assert.equal((await lint(set, "contract", [add.replace("AND", "OR"), validate])).length, 1, "proves nothing");
  });

  it("passes this repository's own migrations", async () => {
    assert.deepEqual(await lintMigrations(await readMigrations(join(import.meta.dirname, "../../../migrations"))), []);
  });

  describe("an exception", () => {
    const rulesOf = async (sql: string) => (await lint(sql)).map(({ rule }) => rule);
    const allow = "-- lint: allow create-index: 40 rows\n";
    const index = "CREATE INDEX i ON t (a)";

    it("allows the rule it names in the statement after it, and there only", async () => {
      assert.deepEqual(await rulesOf(`${allow}${index}`), []);
      assert.deepEqual(await rulesOf(`SELECT 1;\n${allow}${index};`), []);
      assert.deepEqual(await rulesOf(`CREATE INDEX i ON\n${allow} t (a)`), [], "inside of it");
      assert.deepEqual(await rulesOf(`${allow}${index};\nCREATE INDEX j ON t (a);`), ["create-index"]);
      assert.deepEqual(
        await rulesOf(`${allow}DO $$ BEGIN CREATE INDEX i ON t (a); CREATE INDEX j ON t (b); END $$`),
        [],
      );
    });

    it("is there for every rule", async () => {
      const single = Object.values(cases)
        .flat()
        .filter(
          ({ sql, rules: [rule, ...more] }) =>
            rule !== undefined && more.length === 0 && rule !== "refused" && !/;/.test(sql),
        );
      for (const { sql, kind, rules: broken } of single) {
        const [, marker = "", statement = ""] = /^(-- transaction: none\n)?(.*)$/s.exec(sql) ?? [];
        const allowed = `${marker}-- lint: allow ${broken[0]}: it has to be\n${statement}`;
        assert.deepEqual(await lint(allowed, kind), [], allowed);
      }
      assert.deepEqual(
        new Set(single.flatMap(({ rules: broken }) => broken)).size,
        rules.length,
        "one of each rule but validate-apart, and no-statement",
      );
    });

    it("allows nothing without a reason, misspelt, or beside a statement", async () => {
      for (const comment of [
        "-- lint: allow create-index\n",
        "-- lint: allow create-index:  \n",
        "-- lint: allow create-index reason\n",
        "-- lint: create-index: 40 rows\n",
        "SELECT 1; -- lint: allow create-index: 40 rows\n",
        "-- lint: allow index: 40 rows\n",
        "-- lint: allow drop-index: 40 rows\n",
      ])
        assert.deepEqual((await rulesOf(`${comment}${index}`)).sort(), ["create-index", "exception"], comment);
      assert.deepEqual(await rulesOf(`${index};\n${allow}`), ["create-index", "exception"]);
      assert.deepEqual(await rulesOf(`SELECT '\n${allow}'; ${index}`), ["create-index"], "a string is no comment");
    });

    it("that allows nothing is an error, but for one about the number", async () => {
      assert.deepEqual(await rulesOf(`${allow}SELECT 1`), ["exception"]);
      assert.deepEqual(await rulesOf("-- lint: allow older-number: another table\nSELECT 1"), []);
    });

    it("may allow a file without a statement, and does not allow what cannot run", async () => {
      assert.deepEqual(await rulesOf("-- lint: allow no-statement: withdrawn"), []);
      assert.deepEqual(await rulesOf("-- lint: allow refused: why not\nBEGIN"), ["refused"]);
    });
  });

  it("judges any statements together, each finding at a statement of its file", async () => {
    const sql = fc.constantFrom(
      ...Object.values(cases)
        .flat()
        .map((one) => one.sql.replace(/^-- transaction: none\n/, "")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(sql, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("expand", "contract"),
        async (parts, kind) => {
          const file = parts.join(";\n");
          for (const { line = 1, rule } of await lint(file, kind)) {
            assert.ok(line >= 1 && line <= file.split("\n").length);
            assert.ok(["refused", "no-statement", ...rules.map(({ name }) => name)].includes(rule));
          }
        },
      ),
    );
  });

  it("has every rule in the documents", async () => {
    const document = await readFile(join(import.meta.dirname, "../../../docs/migration-lint.md"), "utf8");
    const all = [...rules.map(({ name, title }) => [name, title] as const), ...Object.entries(fileRules)];
    const rows = all.map(([name, title]) => `| \`${name}\` | ${title} |`);
    assert.deepEqual(
      document.split("\n").filter((line) => /^\| `[a-z-]+` \| [A-Z]/.test(line)),
      rows,
    );
  });
});
