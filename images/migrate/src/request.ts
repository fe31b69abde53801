export type Phase = "expand" | "contract";

export type MigrateRequest =
  | { readonly action: "status" }
  | { readonly action: "apply"; readonly phase: Phase; readonly runId: string };

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

export function parseRequest(input: unknown): MigrateRequest {
  const request = (typeof input === "object" && input !== null ? input : {}) as Record<string, unknown>;
  const { action, phase, runId } = request;
  if (action === "status") return { action };
  if (action !== "apply") throw invalid("action", `expected "status" or "apply"`, action);
  if (phase !== "expand" && phase !== "contract") throw invalid("phase", `expected "expand" or "contract"`, phase);
  if (typeof runId !== "string" || !/^[\w.:-]{1,200}$/.test(runId)) {
    throw invalid("runId", "expected 1 to 200 letters, digits or . : _ -", runId);
  }
  return { action, phase, runId };
}

function invalid(field: string, expected: string, found: unknown): MigrateError {
  return new MigrateError("InvalidRequest", `${field}: ${expected}, found ${JSON.stringify(found) ?? "nothing"}`);
}
