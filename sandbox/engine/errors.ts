/** What the embedded engine refuses or lacks: what is wrong, where (command, flag, resource, key), how to fix it. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly what: string;
  readonly where: string;
  readonly fix: string;

  constructor(code: EngineErrorCode, details: { what: string; where: string; fix: string; cause?: unknown }) {
    super(`${details.where}: ${details.what}. ${details.fix}`, { cause: details.cause });
    this.name = "EngineError";
    this.code = code;
    this.what = details.what;
    this.where = details.where;
    this.fix = details.fix;
  }
}

export type EngineErrorCode =
  | "unsupported"
  | "invalid-argument"
  | "invalid-state"
  | "refused-backend"
  | "stack-missing"
  | "stack-exists"
  | "stack-locked"
  | "provider-missing"
  | "program-failed"
  | "policy-failed"
  | "resource-failed";

/** An operation the official engine has and this one has not. */
export function unsupported(where: string, what: string): EngineError {
  return new EngineError("unsupported", {
    where,
    what: `the sandbox's embedded engine does not support ${what}`,
    fix: "Use the official Pulumi CLI for it",
  });
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // gRPC puts the server's own words in `details`; `message` prefixes them with a status code.
  return (error as { details?: string }).details || error.message;
}
