import type { Node } from "libpg-query";
import type { MigrationFile } from "../../images/migrate/src/files.ts";
import type { Place } from "../../images/migrate/src/place.ts";
import type { Schema } from "./schema.ts";

/** What is wrong with one statement, and what to write instead. */
export interface Problem {
  readonly what: string;
  readonly fix: string;
}

/** What a rule sees of one statement: a migration's own, or one inside a block of PL/pgSQL that it runs. */
export interface Subject {
  readonly node: Node;
  /** What it runs and the lint cannot read, each as it is written. */
  readonly unread: readonly string[];
  readonly file: MigrationFile;
  /** The file's statements before and after this one, blocks taken apart. */
  readonly before: readonly Node[];
  readonly after: readonly Node[];
  /** What the files, and this one up to here, have made of the schema. */
  readonly schema: Schema;
}

export interface Rule {
  /** As an exception names it: `-- lint: allow <name>: <reason>`. */
  readonly name: string;
  /** What it is about, for the documentation. */
  readonly title: string;
  check(subject: Subject): readonly Problem[];
}

export interface Finding extends Problem, Partial<Place> {
  readonly file: string;
  readonly rule: string;
}

/** `0007_drop_title.contract.sql:3:14 (create-index)`. */
export function placeOf({ file, line, column, rule }: Finding): string {
  return `${[file, line, column].filter((part) => part !== undefined).join(":")} (${rule})`;
}

/** One problem when something holds. */
export function when(holds: boolean, what: string, fix: string): readonly Problem[] {
  return holds ? [{ what, fix }] : [];
}
