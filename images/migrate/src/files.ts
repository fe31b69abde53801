import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MigrateError, type Phase } from "./request.ts";
import { checksumOf, decodeSql, formerChecksums, normalise } from "./text.ts";

export interface MigrationFile {
  /** The file's name without its kind, such as `0001_create_notes`. */
  readonly name: string;
  readonly kind: Phase;
  /** With line feeds only, and without a byte order mark. */
  readonly sql: string;
  /** SHA-256 of the SQL, in hexadecimal. */
  readonly checksum: string;
  /** Checksums that an earlier version of the runner may have recorded for this file. */
  readonly formerChecksums: readonly string[];
  /** False for a statement that PostgreSQL refuses in a transaction, such as CREATE INDEX CONCURRENTLY. */
  readonly transaction: boolean;
  /** Why it cannot be read as text. One that an earlier version applied all the same stays applied. */
  readonly problem?: string;
}

const fileName = /^(?<name>(?<number>\d{4})_[a-z0-9_]+)\.(?<kind>expand|contract)\.sql$/;

/**
 * The migrations of a directory by number.
 *
 * @throws MigrateError `InvalidMigration` for a file of SQL with another name or in a directory below, and for a number
 * used twice.
 */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const entries = await readdir(directory, { recursive: true });
  const names = entries.filter((name) => name.toLowerCase().endsWith(".sql")).sort();
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
    const { text, ...rest } = decodeSql(await readFile(join(directory, file)));
    files.push({ ...parseMigration(name, kind as Phase, text), ...rest });
  }
  return files;
}

export function parseMigration(name: string, kind: Phase, text: string): MigrationFile {
  const sql = normalise(text);
  return {
    name,
    kind,
    sql,
    checksum: checksumOf(sql),
    formerChecksums: formerChecksums(sql),
    transaction: !/^-- transaction: none[ \t]*(\n|$)/.test(sql),
  };
}

/** The file's name in its directory. */
export function fileOf({ name, kind }: Pick<MigrationFile, "name" | "kind">): string {
  return `${name}.${kind}.sql`;
}
