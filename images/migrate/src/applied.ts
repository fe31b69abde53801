import { fileOf, type MigrationFile } from "./files.ts";
import { type AppliedMigration, type MigrateAnswer, MigrateError } from "./request.ts";

/** Pending are the files not yet applied. A file that changed after it was applied is an error that names it. */
export function compare(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): Pick<MigrateAnswer, "applied" | "pending"> {
  const done = new Map(applied.map((migration) => [migration.name, migration]));
  for (const file of files) {
    const before = done.get(file.name);
    if (before !== undefined && !isFile(file, before)) {
      throw new MigrateError(
        "ChangedMigration",
        `${fileOf(file)}: the file is not the one applied at ${before.appliedAt}. ` +
          "Put it back as it was, and write the change as a new migration",
      );
    }
  }
  const pending = files.filter(({ name }) => !done.has(name)).map(({ name, kind }) => ({ name, kind }));
  return { applied, pending };
}

/** Whether a file is the one recorded as applied, also by an earlier version of the runner. */
export function isFile(file: MigrationFile, { kind, checksum }: Pick<AppliedMigration, "kind" | "checksum">): boolean {
  return file.kind === kind && (file.checksum === checksum || file.formerChecksums.includes(checksum));
}
