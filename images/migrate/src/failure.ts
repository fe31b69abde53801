import type pg from "pg";
import { messageOf } from "../../base/src/environment.ts";
import { fileOf, type MigrationFile } from "./files.ts";
import { describeFailure, MigrateError, type MigrationFailure, shortened } from "./request.ts";
import { placeIn, type Statement } from "./statements.ts";

/** What PostgreSQL says of an error, as its documentation of error fields names them. */
type DatabaseError = Partial<Pick<pg.DatabaseError, "code" | "detail" | "hint" | "where" | "position">>;

/** How a file failed, with the place of the statement, or of the character in it that the server names. */
export function failureOf(
  file: MigrationFile,
  statement: Statement | undefined,
  error: unknown,
  left: string,
): MigrationFailure {
  const { code, detail, hint, where, position } = error as DatabaseError;
  const place = statement && (position === undefined ? statement.place : placeIn(file, statement, Number(position)));
  return {
    name: file.name,
    kind: file.kind,
    file: fileOf(file),
    ...place,
    ...(statement && place && place.line !== statement.place.line && { statementLine: statement.place.line }),
    message: shortened(messageOf(error)),
    ...(code !== undefined && { sqlState: code }),
    ...(detail !== undefined && { detail: shortened(detail) }),
    ...(hint !== undefined && { hint }),
    ...(where !== undefined && { context: shortened(where) }),
    left,
  };
}

export function failed(failure: MigrationFailure, cause: unknown): MigrateError {
  return new MigrateError("MigrationFailed", describeFailure(failure), { cause, failure });
}

/** Whether the server refused: otherwise nobody knows what it did with the statement that was under way. */
export function refusedByServer(error: unknown): boolean {
  const { code } = error as DatabaseError;
  // Classes 08 and 57P: the connection went, or the server did (PostgreSQL documentation, "Error Codes").
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P)/.test(code);
}

/** What the log is told of an error besides its message. */
export function failureFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof MigrateError) || error.failure === undefined) return {};
  const { name, message: _, ...rest } = error.failure;
  return { migration: name, ...rest };
}
