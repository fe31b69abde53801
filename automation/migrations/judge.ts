import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFile } from "../../images/migrate/src/applied.ts";
import { allows } from "../../images/migrate/src/exceptions.ts";
import { fileOf, type MigrationFile, readMigrations } from "../../images/migrate/src/files.ts";
import { orderProblem, outOfOrder } from "../../images/migrate/src/order.ts";
import { MigrateError } from "../../images/migrate/src/request.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Problem } from "../deploy/act/preflight.ts";
import type { AppliedMigration } from "../deploy/observe/migrations.ts";
import { stackConfig } from "../stacks/open.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { lintMigrations } from "./lint.ts";
import { type Finding, placeOf } from "./rule.ts";

/** What is known to be applied; of an earlier version's record no more than the name. */
export type Applied = Pick<AppliedMigration, "name"> & Partial<AppliedMigration>;

/**
 * The directory of the migrations that an image is built of: of the checkout that `images push --source` named, when that
 * is the one of this version; else of this checkout.
 */
export async function migrationsDirectory(where: Surroundings, version?: string): Promise<string> {
  const { "switchyard:source": source, "switchyard:tag": tag } = await stackConfig(where, "images");
  const named = typeof source === "string" && (version === undefined || tag === version);
  const directory = join(named ? source : projectRoot, "migrations");
  return existsSync(directory) ? directory : join(projectRoot, "migrations");
}

/** What a deploy of a version is told. */
export async function migrationProblems(
  where: Surroundings,
  version: string,
  applied: readonly Applied[],
): Promise<readonly Problem[]> {
  return (await judgeMigrations(await migrationsDirectory(where, version), applied)).map(problemOf);
}

/** Everything that is wrong with the migrations of a directory, held against those that are applied. */
export async function judgeMigrations(directory: string, applied: readonly Applied[]): Promise<readonly Finding[]> {
  let files: MigrationFile[];
  try {
    files = await readMigrations(directory);
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    return [{ file: "migrations", rule: "refused", what: error.message, fix: "correct the file" }];
  }
  // What an earlier version of the runner took for text is applied, and may not change any more.
  const done = new Set(applied.map(({ name }) => name));
  const open = files.filter(({ name, problem }) => problem === undefined || !done.has(name));
  return [...(await lintMigrations(open)), ...changed(files, applied), ...(await older(files, applied))];
}

function changed(files: readonly MigrationFile[], applied: readonly Applied[]): Finding[] {
  return applied.flatMap(({ name, kind, checksum }) => {
    const file = files.find((one) => one.name === name);
    if (file === undefined || kind === undefined || checksum === undefined || isFile(file, { kind, checksum }))
      return [];
    return [
      {
        file: fileOf(file),
        rule: "changed",
        what: "the file is not the one that is applied",
        fix: "put it back as it was, and write the change as a new migration",
      },
    ];
  });
}

async function older(files: readonly MigrationFile[], applied: readonly Applied[]): Promise<Finding[]> {
  const kinds = new Map(files.map(({ name, kind }) => [name, kind]));
  const known = applied.map(({ name, kind }) => ({ name, kind: kind ?? kinds.get(name) ?? ("expand" as const) }));
  const done = new Set(known.map(({ name }) => name));
  const findings: Finding[] = [];
  for (const { migration, after } of outOfOrder(
    files.filter(({ name }) => !done.has(name)),
    known,
  ))
    if (!(await allows(migration, "older-number")))
      findings.push({ file: fileOf(migration), rule: "older-number", ...orderProblem({ after }) });
  return findings;
}

function problemOf(finding: Finding): Problem {
  return { where: placeOf(finding), what: finding.what, fix: finding.fix };
}

/** @throws SwitchyardError `migration-refused` with every finding. */
export function refuseFindings(findings: readonly Finding[]): void {
  const [first, ...more] = findings;
  if (first === undefined) return;
  if (more.length === 0)
    throw new SwitchyardError("migration-refused", { what: first.what, where: placeOf(first), fix: first.fix });
  throw new SwitchyardError("migration-refused", {
    what: findings.map((f, at) => `(${at + 1}) ${placeOf(f)}: ${f.what}: ${f.fix}`).join("; "),
    where: "migrations",
    fix: "mend all of these; what has to be so is allowed by a comment `-- lint: allow <rule>: <reason>` right before the statement",
  });
}
