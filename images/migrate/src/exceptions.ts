import { scanSync } from "libpg-query";
import type { MigrationFile } from "./files.ts";
import { loadParser } from "./parser.ts";
import { type Place, Places } from "./place.ts";

/** A comment `-- lint: allow <rule>: <reason>` on a line of its own. */
export interface Exception {
  /** Absent where the comment has another form. */
  readonly rule?: string;
  readonly reason?: string;
  readonly place: Place;
  /** Where it begins, in bytes of the file's SQL. */
  readonly start: number;
}

const form = /^--[ \t]*lint:[ \t]*allow[ \t]+(?<rule>[a-z-]+)[ \t]*:[ \t]*(?<reason>\S.*?)[ \t]*$/;

/** The exceptions a file asks for; only in comments, never in a string. The file must be SQL. */
export async function exceptionsOf(file: MigrationFile): Promise<Exception[]> {
  if (!file.sql.includes("lint:")) return [];
  await loadParser();
  const bytes = Buffer.from(file.sql);
  const places = new Places(bytes);
  return scanSync(file.sql).tokens.flatMap(({ start, end, tokenName }) => {
    const text = bytes.toString("utf8", start, end);
    if (tokenName !== "SQL_COMMENT" || !/^--[ \t]*lint:/.test(text)) return [];
    const place = places.at(start);
    const alone = bytes.toString("utf8", places.lineOf(start), start).trim() === "";
    const { rule, reason } = (alone ? form.exec(text)?.groups : undefined) ?? {};
    return [{ place, start, ...(rule !== undefined && reason !== undefined && { rule, reason }) }];
  });
}

/** Whether a file allows, with a reason, what a rule about the whole file refuses. */
export async function allows(file: MigrationFile, rule: string): Promise<boolean> {
  return (await exceptionsOf(file)).some((exception) => exception.rule === rule);
}
