/** A failure of the sandbox as its user meets it: what is wrong, where, and how to fix it, in one line. */
export class SandboxError extends Error {
  readonly what: string;
  /** The directory, port, flag or file at fault. */
  readonly where: string;
  readonly fix: string;

  constructor(details: { what: string; where: string; fix: string; cause?: unknown }) {
    super(`${details.where}: ${details.what}. ${details.fix}`, { cause: details.cause });
    this.name = "SandboxError";
    this.what = details.what;
    this.where = details.where;
    this.fix = details.fix;
  }
}

/** The same failure from the operating system's own words. */
export function sandboxError(error: unknown, where: string): SandboxError {
  if (error instanceof SandboxError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ENOSPC") {
    return new SandboxError({
      what: "the disk is full",
      where,
      fix: "Free about 500 MB there, then start again",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new SandboxError({
      what: `it cannot be written (${code})`,
      where,
      fix: "Run in a directory you own, or remove what another user left there",
      cause: error,
    });
  }
  return new SandboxError({ what: message, where, fix: `The cloud's own output is in ${where}`, cause: error });
}
