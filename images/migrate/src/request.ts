export type Phase = "expand" | "contract";

export type MigrateRequest =
  | { readonly action: "status" }
  | { readonly action: "apply"; readonly phase: Phase; readonly runId: string };

/** What becomes of writes by every role but the one that migrates. */
export type WritesRequest =
  /** `unlessWritten`: where the first write has been noted, everything stays as it is. */
  | { readonly action: "writes"; readonly to: "refused"; readonly unlessWritten: boolean }
  /** `noted`: allowed, and when the first one was is kept. */
  | { readonly action: "writes"; readonly to: "noted" | "allowed" };

export interface WritesAnswer {
  readonly writes: "refused" | "noted" | "allowed";
  /** Since writes were last noted; ISO 8601, UTC. */
  readonly firstWriteAt?: string;
}

export interface RowsAnswer {
  /** By the table's quoted name; decimal digits, as there may be more than a number holds. */
  readonly rows: Readonly<Record<string, string>>;
}

export type DatabaseRequest = MigrateRequest | WritesRequest | { readonly action: "rows" };

export interface AppliedMigration {
  readonly name: string;
  readonly kind: Phase;
  /** SHA-256 of the file, in hexadecimal. */
  readonly checksum: string;
  /** ISO 8601, UTC. */
  readonly appliedAt: string;
}

/** Why a migration that is pending failed when it was last tried. */
export interface MigrationFailure {
  readonly name: string;
  readonly kind: Phase;
  readonly file: string;
  /** The statement's, or the place in it that PostgreSQL names; both count from 1. Absent for the commit. */
  readonly line?: number;
  readonly column?: number;
  /** Where the statement begins, when PostgreSQL names a later line of it. */
  readonly statementLine?: number;
  readonly message: string;
  readonly sqlState?: string;
  readonly detail?: string;
  readonly hint?: string;
  /** The function or trigger it happened in. */
  readonly context?: string;
  /** What is left of the migration in the database. */
  readonly left: string;
}

/** One line for all that is known, beginning with the place as editors and terminals follow it. */
export function describeFailure(failure: Omit<MigrationFailure, "name" | "kind">): string {
  const { file, line, column, statementLine, message, sqlState, detail, hint, context, left } = failure;
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const sentences = [
    `${place}: ${message}${sqlState === undefined ? "" : ` (SQLSTATE ${sqlState})`}`,
    ...(statementLine === undefined ? [] : [`The statement begins in line ${statementLine}`]),
    ...(detail === undefined ? [] : [`Detail: ${detail}`]),
    ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    ...(context === undefined ? [] : [`Context: ${context}`]),
    left,
  ];
  return sentences.map((sentence) => shortened(sentence.replace(/\s+/g, " ").replace(/\.$/, ""))).join(". ");
}

/** PostgreSQL quotes what it stumbles over, which may be all the rest of a file. */
export function shortened(text: string, longest = 600): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

export interface MigrateAnswer {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly { readonly name: string; readonly kind: Phase }[];
  /** Of those pending, the ones that failed as they are now. */
  readonly failed: readonly (MigrationFailure & { readonly at: string })[];
  /** The migrations this run applied, in order. */
  readonly ran: readonly string[];
  readonly runId?: string;
}

/** An error whose `name` is told to the caller: the Lambda answer's `errorType`. */
export class MigrateError extends Error {
  /** Where it is a migration's: the message in parts. */
  readonly failure: MigrationFailure | undefined;

  constructor(name: string, message: string, options: { cause?: unknown; failure?: MigrationFailure } = {}) {
    super(message, { cause: options.cause });
    this.name = name;
    this.failure = options.failure;
  }
}

export function parseRequest(input: unknown): DatabaseRequest {
  const request = (typeof input === "object" && input !== null ? input : {}) as Record<string, unknown>;
  const { action } = request;
  if (action === "status" || action === "rows") return { action };
  if (action === "writes") return parseWrites(request);
  if (action === "apply") return parseApply(request);
  throw invalid("action", `expected "status", "apply", "writes" or "rows"`, action);
}

function parseApply({ phase, runId }: Record<string, unknown>): MigrateRequest {
  if (phase !== "expand" && phase !== "contract") throw invalid("phase", `expected "expand" or "contract"`, phase);
  if (typeof runId !== "string" || !/^[\w.:-]{1,200}$/.test(runId)) {
    throw invalid("runId", "expected 1 to 200 letters, digits or . : _ -", runId);
  }
  return { action: "apply", phase, runId };
}

function parseWrites({ to, unlessWritten = false }: Record<string, unknown>): WritesRequest {
  if (to === "noted" || to === "allowed") return { action: "writes", to };
  if (to !== "refused") throw invalid("to", `expected "refused", "noted" or "allowed"`, to);
  if (typeof unlessWritten !== "boolean") throw invalid("unlessWritten", "expected true or false", unlessWritten);
  return { action: "writes", to, unlessWritten };
}

function invalid(field: string, expected: string, found: unknown): MigrateError {
  return new MigrateError("InvalidRequest", `${field}: ${expected}, found ${JSON.stringify(found) ?? "nothing"}`);
}
