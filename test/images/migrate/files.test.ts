import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseMigration, readMigrations } from "../../../images/migrate/src/files.ts";

describe("migration files", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-migrations-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const write = (name: string, text = "SELECT 1") => writeFile(join(directory, name), text);

  it("are read in the order of their numbers, and what is not .sql is left alone", async () => {
    await write("0010_b.contract.sql");
    await write("0002_a.expand.sql");
    await write("README.md");
    const files = await readMigrations(directory);
    assert.deepEqual(
      files.map(({ name, kind }) => [name, kind]),
      [
        ["0002_a", "expand"],
        ["0010_b", "contract"],
      ],
    );
  });

  for (const name of ["1_a.expand.sql", "0001_a.sql", "0001_a.down.sql", "0001-a.expand.sql", "0001_A.expand.sql"]) {
    it(`may not be called ${name}`, async () => {
      await write(name);
      await assert.rejects(readMigrations(directory), { name: "InvalidMigration", message: new RegExp(`^${name}: `) });
    });
  }

  it("may not share a number", async () => {
    await write("0001_a.expand.sql");
    await write("0001_b.contract.sql");
    await assert.rejects(readMigrations(directory), { message: /0001_b\.contract\.sql: 0001_a\.expand\.sql has the/ });
  });

  it("run in a transaction unless their first line says otherwise", () => {
    const transaction = (sql: string) => parseMigration("0001_a", "expand", sql).transaction;
    assert.equal(transaction("SELECT 1"), true);
    assert.equal(transaction("-- transaction: none\nSELECT 1"), false);
    assert.equal(transaction("-- transaction: none\r\nSELECT 1"), false);
    assert.equal(transaction("SELECT 1;\n-- transaction: none"), true);
    assert.equal(transaction("-- transaction: nonetheless\nSELECT 1"), true);
  });

  it("have the checksum sha256sum prints", () => {
    const { checksum } = parseMigration("0001_a", "expand", "abc");
    assert.equal(checksum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
