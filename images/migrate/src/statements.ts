import { hasSqlDetails, type Node, parseSync } from "libpg-query";
import { fileOf, type MigrationFile } from "./files.ts";
import { loadParser } from "./parser.ts";
import { type Place, Places } from "./place.ts";
import { MigrateError, shortened } from "./request.ts";

export interface Statement {
  /** PostgreSQL's own parse tree. */
  readonly node: Node;
  readonly text: string;
  readonly place: Place;
  /** Where it begins and ends in the file's SQL, in bytes of UTF-8. */
  readonly start: number;
  readonly end: number;
}

/**
 * The statements of a file, as PostgreSQL's own parser takes it apart.
 *
 * @throws MigrateError `InvalidMigration` with file, line and column of what is no SQL.
 */
export async function statementsOf(file: MigrationFile): Promise<Statement[]> {
  if (file.sql.trim() === "") return [];
  await loadParser();
  const bytes = Buffer.from(file.sql);
  const places = new Places(bytes);
  return parsed(file, places).map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const end = length ? start + length : bytes.length;
    return { node: stmt as Node, text: bytes.toString("utf8", start, end), place: places.at(start), start, end };
  });
}

/** Where in the file the character lies that the server names: counted from 1 in the statement's text. */
export function placeIn(file: MigrationFile, statement: Statement, position: number): Place {
  const before = [...statement.text].slice(0, position - 1).join("");
  return new Places(Buffer.from(file.sql)).at(statement.start + Buffer.byteLength(before));
}

/** A file that is refused before anything of it is run. */
export function invalid(file: MigrationFile, place: Place | undefined, message: string, cause?: unknown): MigrateError {
  const failure = { name: file.name, kind: file.kind, file: fileOf(file), ...place, message, left: nothingApplied };
  const where = [fileOf(file), place?.line, place?.column].filter((part) => part !== undefined).join(":");
  return new MigrateError("InvalidMigration", `${where}: ${message}`, { cause, failure });
}

export const nothingApplied = "Nothing of it was applied";

function parsed(file: MigrationFile, places: Places) {
  try {
    return parseSync(file.sql).stmts ?? [];
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const offset = Buffer.byteLength([...file.sql].slice(0, error.sqlDetails?.cursorPosition ?? 0).join(""));
    throw invalid(file, places.at(offset), `${shortened(error.message)}${explain(file.sql, offset)}`, error);
  }
}

/** What is behind a syntax error that PostgreSQL's own words do not tell. */
function explain(sql: string, offset: number): string {
  const bytes = Buffer.from(sql);
  const rest = bytes.toString("utf8", offset);
  const command = /^\\\S*/.exec(rest)?.[0];
  if (command !== undefined && command !== "\\.") return `. ${ofPsql(command)}`;
  if (followsCopy(bytes.toString("utf8", 0, offset))) return `. ${copyNeedsPsql}`;
  const variable = /^:['"{?]*\w+/.exec(rest)?.[0];
  if (variable !== undefined) return `. ${variable} is a variable of psql, which does not run here: write its value`;
  const hidden = /^\S*?([\ufeff\u00a0\u200b-\u200f\u2028\u2029\u2060])/u.exec(rest)?.[1];
  if (hidden === undefined) return "";
  return `. There is an invisible character, U+${hidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

export const copyNeedsPsql = "COPY from and to a client needs psql, which does not run here: write the rows as INSERT";

function ofPsql(command: string): string {
  const instead: Readonly<Record<string, string>> = {
    "\\restrict": "pg_dump writes it: take it out",
    "\\unrestrict": "pg_dump writes it: take it out",
    "\\connect": "the function has connected: take it out",
    "\\c": "the function has connected: take it out",
    "\\copy": "write the rows as INSERT",
    "\\i": "put that file's SQL here",
    "\\ir": "put that file's SQL here",
  };
  return `${command} is a command of psql, which does not run here: ${instead[command] ?? "write it as SQL"}`;
}

/** Whether the text before an error ends in a COPY whose rows would follow, as psql and pg_dump write them. */
function followsCopy(before: string): boolean {
  const end = before.lastIndexOf(";");
  if (end === -1) return false;
  try {
    const last = parseSync(before.slice(0, end + 1)).stmts?.at(-1)?.stmt as Node | undefined;
    return last !== undefined && copiesThroughClient(last);
  } catch {
    return false;
  }
}

export function copiesThroughClient(node: Node): boolean {
  return "CopyStmt" in node && !node.CopyStmt.filename;
}
