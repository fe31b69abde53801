import { type Exception, exceptionsOf } from "../../images/migrate/src/exceptions.ts";
import { fileOf, type MigrationFile } from "../../images/migrate/src/files.ts";
import { loadParser } from "../../images/migrate/src/parser.ts";
import { admit } from "../../images/migrate/src/refusals.ts";
import { MigrateError } from "../../images/migrate/src/request.ts";
import type { Statement } from "../../images/migrate/src/statements.ts";
import { run } from "./blocks.ts";
import { Functions } from "./functions.ts";
import type { Finding, Rule } from "./rule.ts";
import { hidden } from "./rules/hidden.ts";
import { indexes } from "./rules/indexes.ts";
import { locks } from "./rules/locks.ts";
import { phases } from "./rules/phases.ts";
import { rewrites } from "./rules/rewrites.ts";
import { scans } from "./rules/scans.ts";
import { Schema } from "./schema.ts";

/** Rules about a statement. */
export const rules: readonly Rule[] = [...indexes, ...scans, ...rewrites, ...locks, ...phases, ...hidden];

/** Rules about a file as a whole, which an exception anywhere in it allows. */
export const fileRules: Readonly<Record<string, string>> = {
  "no-statement": "A file with nothing to run",
  "older-number": "A file with a number that is not above those applied already",
};

/** What is wrong with migrations, as far as the files alone tell; no database is asked. */
export async function lintMigrations(files: readonly MigrationFile[]): Promise<Finding[]> {
  await loadParser();
  const known: Known = { schema: new Schema(), functions: new Functions() };
  const findings: Finding[] = [];
  for (const file of files) findings.push(...(await lintFile(file, known)));
  return findings;
}

/** What the files up to here have made. */
interface Known {
  readonly schema: Schema;
  readonly functions: Functions;
}

async function lintFile(file: MigrationFile, known: Known): Promise<Finding[]> {
  known.schema.beginFile();
  let statements: readonly Statement[];
  try {
    ({ statements } = await admit(file));
  } catch (error) {
    if (!(error instanceof MigrateError) || error.failure === undefined) throw error;
    const { line, column, message } = error.failure;
    const place = line === undefined || column === undefined ? {} : { line, column };
    return [{ file: fileOf(file), ...place, rule: "refused", what: message, fix: "correct the file" }];
  }
  const exceptions = await exceptionsOf(file);
  const used = new Set<Exception>();
  const empty: Finding[] = [];
  if (statements.length === 0 && !take(exceptions, "no-statement", used)) {
    const [what, fix] = ["the file has no statement", "write it, or take the file out before it is applied anywhere"];
    empty.push({ file: fileOf(file), rule: "no-statement", what, fix });
  }
  const found = [...judge(file, statements, known)].filter(
    ({ rule, statement }) => !take(near(exceptions, statements, statement), rule, used),
  );
  return [...empty, ...found.map(({ statement: _, ...finding }) => finding), ...idle(file, exceptions, used)];
}

interface Judged extends Finding {
  readonly statement: number;
}

function* judge(file: MigrationFile, statements: readonly Statement[], { schema, functions }: Known): Iterable<Judged> {
  const flat = statements.flatMap((statement, index) => run(statement, functions).map((step) => ({ ...step, index })));
  const nodes = flat.map(({ node }) => node);
  for (const [at, { node, unread, index }] of flat.entries()) {
    const subject = { node, unread, file, schema, before: nodes.slice(0, at), after: nodes.slice(at + 1) };
    const place = statements[index]?.place;
    for (const rule of rules)
      for (const problem of rule.check(subject))
        yield { file: fileOf(file), ...place, rule: rule.name, ...problem, statement: index };
    schema.apply(node);
  }
}

/** The exceptions that stand between the end of the statement before and this one's. */
function near(exceptions: readonly Exception[], statements: readonly Statement[], index: number): Exception[] {
  const from = statements[index - 1]?.end ?? 0;
  const to = statements[index]?.end ?? 0;
  return exceptions.filter(({ start }) => start >= from && start < to);
}

function take(exceptions: readonly Exception[], rule: string, used: Set<Exception>): boolean {
  const found = exceptions.filter((exception) => exception.rule === rule);
  for (const exception of found) used.add(exception);
  return found.length > 0;
}

/** Exceptions that allow nothing: misspelt, without a reason, or at another statement than was meant. */
function idle(file: MigrationFile, exceptions: readonly Exception[], used: ReadonlySet<Exception>): Finding[] {
  const known = new Set([...rules.map(({ name }) => name), ...Object.keys(fileRules)]);
  return exceptions.flatMap((exception) => {
    // Whether a number is older depends on the database that is asked.
    if (used.has(exception) || exception.rule === "older-number") return [];
    const { rule, place } = exception;
    const [what, fix] =
      rule === undefined
        ? ["this is no exception", "write `-- lint: allow <rule>: <reason>` on a line of its own"]
        : known.has(rule)
          ? [
              `nothing in the statement after it needs ${rule} to be allowed`,
              "take it out, or move it to right before the statement it is for",
            ]
          : [`there is no rule ${rule}`, `the rules are ${[...known].join(", ")}`];
    return [{ file: fileOf(file), ...place, rule: "exception", what, fix }];
  });
}
