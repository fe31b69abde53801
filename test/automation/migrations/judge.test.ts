import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeMigrations, migrationsDirectory, refuseFindings } from "../../../automation/migrations/judge.ts";
import { placeOf } from "../../../automation/migrations/rule.ts";
import { projectRoot, type Surroundings } from "../../../automation/surroundings.ts";
import { parseMigration } from "../../../images/migrate/src/files.ts";

describe("a checkout's migrations", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-migrations-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = (name: string, text = "SELECT 1") => writeFile(join(directory, name), text);
  const judge = async (...applied: Parameters<typeof judgeMigrations>[1]) =>
    (await judgeMigrations(directory, applied)).map((finding) => `${placeOf(finding)} ${finding.what}`);

  it("are linted", async () => {
    await write("0001_a.expand.sql", "\ufeffSELECT 1;\r\nDROP TABLE t");
    assert.deepEqual(await judge(), [
      "0001_a.expand.sql:2:1 (expand-drops) DROP TABLE t in an expand: the version that serves may still use it",
    ]);
  });

  it("are refused when they cannot be read", async () => {
    await write("0001_a.expand.sql", Buffer.from([0x53, 0xff]) as unknown as string);
    assert.deepEqual(await judge(), [
      "0001_a.expand.sql (refused) it is not UTF-8 at byte offset 1 (0xFF, line 1). Save it as UTF-8",
    ]);
  });

  it("stay as they are where an earlier version of the runner applied what is not UTF-8", async () => {
    await write("0001_a.expand.sql", Buffer.from([0x53, 0xff]) as unknown as string);
    assert.deepEqual(await judge({ name: "0001_a" }), []);
  });

  for (const names of [
    ["0001_a.expand.SQL"],
    ["0001_a.expand.sql", "0001_B.expand.sql"],
    ["0001_a.expand.sql", "0001_b.contract.sql"],
  ])
    it(`are refused when they are called ${names.join(" and ")}`, async () => {
      for (const name of names) await write(name);
      assert.match((await judge()).join(), /^migrations \(refused\) 0001_/);
    });

  it("are refused in a directory below, where the runner would not see them", async () => {
    await mkdir(join(directory, "old"));
    await write("old/0001_a.expand.sql");
    assert.match((await judge()).join(), /old\/0001_a\.expand\.sql: expected a name like/);
  });

  it("may not be older than one applied, as far as its name tells", async () => {
    await write("0002_b.expand.sql");
    await write("0003_c.expand.sql");
    const expected = [
      "0002_b.expand.sql (older-number) 0003_c is applied already, so this database would get the two in another order than a new one",
    ];
    assert.deepEqual(await judge({ name: "0003_c" }), expected);
    assert.deepEqual(await judge({ name: "0003_c", kind: "expand" }), expected);
    assert.deepEqual(await judge({ name: "0002_b" }), []);
    await write("0002_b.expand.sql", "-- lint: allow older-number: another table\nSELECT 1");
    assert.deepEqual(await judge({ name: "0003_c" }), []);
  });

  it("may be contracts that wait", async () => {
    await write("0002_b.contract.sql");
    await write("0003_c.expand.sql");
    assert.deepEqual(await judge({ name: "0003_c" }), []);
    assert.match(
      (await judge({ name: "0003_x", kind: "contract" })).join(),
      /^0002_b.*older-number.*0003_c.*older-number/,
    );
  });

  it("may not differ from what is applied", async () => {
    await write("0002_b.expand.sql", "SELECT 1\r\n");
    const { checksum } = parseMigration("0002_b", "expand", "SELECT 1\n");
    assert.deepEqual(await judge({ name: "0002_b", kind: "expand", checksum }), []);
    assert.deepEqual(await judge({ name: "0002_b", kind: "expand", checksum: "other" }), [
      "0002_b.expand.sql (changed) the file is not the one that is applied",
    ]);
  });

  it("are refused with every finding, or not at all", () => {
    refuseFindings([]);
    const finding = {
      file: "0001_a.expand.sql",
      line: 2,
      column: 1,
      rule: "create-index",
      what: "it locks",
      fix: "do not",
    };
    assert.throws(() => refuseFindings([finding]), {
      code: "migration-refused",
      message: "0001_a.expand.sql:2:1 (create-index): it locks. Do not",
    });
    assert.throws(() => refuseFindings([finding, { ...finding, line: 3 }]), {
      message: /^migrations: \(1\) 0001_a\.expand\.sql:2:1 .*\(2\) 0001_a\.expand\.sql:3:1 /,
    });
  });

  it("are those of the version's own source where that was pushed last, else of this checkout", async () => {
    const work = join(directory, "work");
    const source = join(directory, "source");
    await mkdir(work);
    await mkdir(join(source, "migrations"), { recursive: true });
    const where = { workDir: async () => work } as unknown as Surroundings;
    await writeFile(
      join(work, "Pulumi.images.yaml"),
      `config:\n  switchyard:tag: v2\n  switchyard:source: ${source}\n`,
    );
    assert.equal(await migrationsDirectory(where, "v2"), join(source, "migrations"));
    assert.equal(await migrationsDirectory(where), join(source, "migrations"));
    assert.equal(await migrationsDirectory(where, "v1"), join(projectRoot, "migrations"));
    await rm(source, { recursive: true });
    assert.equal(await migrationsDirectory(where, "v2"), join(projectRoot, "migrations"));
  });
});
