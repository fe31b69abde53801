import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MigrateError, type Phase } from "./request.ts";

export interface MigrationFile {
  /** The file's name without its kind, such as `0001_create_notes`. */
  readonly name: string;
  readonly kind: Phase;
  readonly sql: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly checksum: string;
  /** False for a statement that PostgreSQL refuses in a transaction, such as CREATE INDEX CONCURRENTLY. */
  readonly transaction: boolean;
}

const fileName = /^(?<name>(?<number>\d{4})_[a-z0-9_]+)\.(?<kind>expand|contract)\.sql$/;

/** The migrations of a directory by number. Fails on a `.sql` file with another name, and on a number used twice. */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort();
  const numbers = new Map<string, string>();
  const files: MigrationFile[] = [];
  for (const file of names) {
    const { name, number, kind } = fileName.exec(file)?.groups ?? {};
    if (name === undefined || number === undefined) {
      throw new MigrateError("InvalidMigration", `${file}: expected a name like 0007_drop_title.contract.sql`);
    }
    const other = numbers.get(number);
    if (other !== undefined) throw new MigrateError("InvalidMigration", `${file}: ${other} has the same number`);
    numbers.set(number, file);
    files.push(parseMigration(name, kind as Phase, await readFile(join(directory, file), "utf8")));
  }
  return files;
}

export function parseMigration(name: string, kind: Phase, sql: string): MigrationFile {
  const checksum = createHash("sha256").update(sql).digest("hex");
  return { name, kind, sql, checksum, transaction: !/^-- transaction: none\s*$/m.test(sql.split("\n", 1)[0] ?? "") };
}
