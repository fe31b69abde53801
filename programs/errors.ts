import type { ErrorCode } from "./error-catalogue.ts";

/** One failure as the user meets it: what is wrong, where, and how to fix it. Rendered as one line; the cause is kept. */
export class SwitchyardError extends Error {
  readonly code: ErrorCode;
  readonly what: string;
  /** The key, flag, file or resource at fault. */
  readonly where: string;
  readonly fix: string;

  constructor(code: ErrorCode, details: { what: string; where: string; fix: string; cause?: unknown }) {
    super(`${details.where}: ${details.what}. ${details.fix.charAt(0).toUpperCase()}${details.fix.slice(1)}`, {
      cause: details.cause,
    });
    this.name = "SwitchyardError";
    this.code = code;
    this.what = details.what;
    this.where = details.where;
    this.fix = details.fix;
  }
}
