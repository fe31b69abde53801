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

export interface MigrateAnswer {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly { readonly name: string; readonly kind: Phase }[];
  /** The migrations this run applied, in order. */
  readonly ran: readonly string[];
  readonly runId?: string;
}

/** An error whose `name` is told to the caller: the Lambda answer's `errorType`. */
export class MigrateError extends Error {
  constructor(name: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = name;
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
