/** One failure as the user meets it: what is wrong, where, and how to fix it. Rendered as one line; the cause is kept. */
export class SwitchyardError extends Error {
  readonly code: ErrorCode;
  /** The key, flag, file or resource at fault. */
  readonly where: string;
  readonly fix: string;

  constructor(code: ErrorCode, details: { what: string; where: string; fix: string; cause?: unknown }) {
    super(`${details.where}: ${details.what}. ${details.fix}`, { cause: details.cause });
    this.name = "SwitchyardError";
    this.code = code;
    this.where = details.where;
    this.fix = details.fix;
  }
}

/** Every error a user can meet, with the process exit code it ends in. */
export const errorCatalogue = {
  "invalid-flag": { title: "A command-line flag or argument is not usable", exitCode: 2 },
  "invalid-config": { title: "A stack's configuration is not usable", exitCode: 2 },
  "invalid-release": { title: "The release document in the ledger is not readable", exitCode: 3 },
  "invalid-response": { title: "A service answered something that cannot be used", exitCode: 3 },
} as const satisfies Record<string, { title: string; exitCode: number }>;

export type ErrorCode = keyof typeof errorCatalogue;
