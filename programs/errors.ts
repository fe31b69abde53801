/** One failure as the user meets it: what is wrong, where, and how to fix it. Rendered as one line; the cause is kept. */
export class SwitchyardError extends Error {
  readonly code: ErrorCode;
  /** The key, flag, file or resource at fault. */
  readonly where: string;
  readonly fix: string;

  constructor(code: ErrorCode, details: { what: string; where: string; fix: string; cause?: unknown }) {
    super(`${details.where}: ${details.what}. ${details.fix.charAt(0).toUpperCase()}${details.fix.slice(1)}`, {
      cause: details.cause,
    });
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
  "invalid-ledger": { title: "An item of the ledger is not readable", exitCode: 3 },
  "lease-held": { title: "Another process is at work on this stack", exitCode: 4 },
  "lease-lost": { title: "Another process took the stack's lease over", exitCode: 4 },
  "in-flight": { title: "An interrupted operation has to be finished or undone first", exitCode: 4 },
  "contract-refused": { title: "A contract migration would break a release that may still serve", exitCode: 6 },
  "task-failed": { title: "A one-off task ended with an error", exitCode: 1 },
  "migration-failed": { title: "A migration failed; nothing was shifted", exitCode: 9 },
  "call-budget": { title: "The run used up its AWS calls", exitCode: 5 },
  "preflight-failed": { title: "A check before the deploy found something that would make it fail", exitCode: 6 },
  "policy-violation": { title: "The policy pack forbids the change", exitCode: 7 },
  "update-failed": { title: "The program's update failed", exitCode: 8 },
  "deploy-failed": { title: "The new version was refused; traffic is where it was", exitCode: 9 },
  drift: { title: "What runs differs from what the ledger says", exitCode: 10 },
  "not-found": { title: "The stack, release or image named does not exist", exitCode: 11 },
  "missing-tool": { title: "A program this command needs is not installed", exitCode: 12 },
  interrupted: { title: "The command was interrupted", exitCode: 130 },
  "invalid-response": { title: "A service answered something that cannot be used", exitCode: 3 },
} as const satisfies Record<string, { title: string; exitCode: number }>;

export type ErrorCode = keyof typeof errorCatalogue;
