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

interface ErrorKind {
  readonly title: string;
  /** When it comes. */
  readonly cause: string;
  /** What to do in general; each error also names its own fix. */
  readonly fix: string;
  /** The process exit code it ends in. */
  readonly exitCode: number;
}

/** Every error a user can meet. `docs/errors.md` is written from it. */
export const errorCatalogue = {
  "invalid-flag": {
    title: "A command-line flag or argument is not usable",
    cause: "A flag is unknown, missing, or has a value outside what it takes; or two flags contradict each other.",
    fix: "Correct the flag the message names; `switchyard <command> --help` says what it takes.",
    exitCode: 2,
  },
  "invalid-config": {
    title: "A stack's configuration is not usable",
    cause: "`Pulumi.<stack>.yaml` is not readable, or a key in it is unknown, missing, or outside its limits.",
    fix: "Correct the key the message names. `Pulumi.production.yaml` has every key, with comments.",
    exitCode: 2,
  },
  "invalid-release": {
    title: "The release document in the ledger is not readable",
    cause: "The ledger's item `release` of the stack was changed by hand, or by a version of Switchyard that is newer.",
    fix: "Use the version that wrote it, or restore the item from the table's point-in-time recovery.",
    exitCode: 3,
  },
  "invalid-ledger": {
    title: "An item of the ledger is not readable",
    cause: "The lease or a journal entry was changed by hand, or by a version of Switchyard that is newer.",
    fix: "Use the version that wrote it, or restore the item the message names from point-in-time recovery.",
    exitCode: 3,
  },
  "invalid-response": {
    title: "A service answered something that cannot be used",
    cause: "The stack's outputs, or what its program registered, are not what this version of the driver expects.",
    fix: "Run `switchyard up <stack>` with the programs and the driver of one version.",
    exitCode: 3,
  },
  "lease-held": {
    title: "Another process is at work on this stack",
    cause: "A deploy, a rollback, an `up` or a migration holds the stack's lease, or the engine's lock on its state.",
    fix: "Wait for it (`switchyard status <stack>` names it), then run the command again.",
    exitCode: 4,
  },
  "lease-lost": {
    title: "Another process took the stack's lease over",
    cause:
      "This process was silent for longer than the lease lasts: suspended, or cut off from AWS. It wrote nothing since.",
    fix: "Look at `switchyard status <stack>`; run the command again when the other one is done.",
    exitCode: 4,
  },
  "in-flight": {
    title: "An operation has to be finished or undone first",
    cause: "A command that changes what runs was interrupted, or somebody has already decided how it goes on.",
    fix: "Run the interrupted command again to go on, or `switchyard abort <stack>` to undo it.",
    exitCode: 4,
  },
  "call-budget": {
    title: "The run used up its AWS calls",
    cause:
      "AWS throttles, so that calls are tried again and again. A deploy that had moved traffic turns round with the part of the budget kept for that, and ends as `deploy-failed`; this error comes when it had moved none, or when that part was used up as well.",
    fix: "The message says where traffic is. Wait a few minutes and run the command again, which continues from what is true, or `switchyard abort <stack>`, which undoes.",
    exitCode: 5,
  },
  "preflight-failed": {
    title: "A check before the deploy found something that would make it fail",
    cause:
      "Timeouts do not fit, an alarm fires or cannot be read, a scan failed or has critical findings, weights were changed by hand, subnets are full, a contract migration was left behind, the clock is off. Nothing was written.",
    fix: "The message lists every problem with its own fix.",
    exitCode: 6,
  },
  "contract-refused": {
    title: "A contract migration would break a release that may still serve",
    cause:
      "The other colour has traffic, or is kept warm for a rollback; or another version serves than the one whose migrations are staged, as after a deploy that failed.",
    fix: "Wait until the time the message names, run `switchyard sweep <stack>`, then the migration again. Where another version serves, deploy the one with the migrations first.",
    exitCode: 6,
  },
  "policy-violation": {
    title: "The policy pack forbids the change",
    cause: "A resource breaks a mandatory rule. Nothing was changed.",
    fix: "`switchyard plan <stack> --policies` lists every finding with its fix.",
    exitCode: 7,
  },
  "update-failed": {
    title: "The program, its preview or its update failed",
    cause:
      "The program threw, or AWS refused to create, change or delete a resource. What was done so far is in the state.",
    fix: "Correct the cause and run the command again: it continues from what exists.",
    exitCode: 8,
  },
  "deploy-failed": {
    title: "The operation was refused, undone or stopped",
    cause:
      "Tasks did not become healthy, a proof failed, the watch saw the new version do worse or could not be read any more, the AWS calls for the way forward were used up, or somebody aborted it. A deploy or a rollback has put traffic back where it was; a sweep, a repair and an adoption end where they are.",
    fix: "The message says why and what is left, the lines above it show the tasks' own last words. `switchyard explain` replays it.",
    exitCode: 9,
  },
  "too-late": {
    title: "The operation could not be undone any more",
    cause: "`switchyard abort` came when the ledger said already what the operation did: it was finished instead.",
    fix: "`switchyard status <stack>` shows what serves; `switchyard rollback <stack>` goes back from a release.",
    exitCode: 9,
  },
  "migration-failed": {
    title: "A migration failed; nothing was shifted",
    cause: "The migration function answered with an error: bad SQL, a changed file, a lock that was not given in time.",
    fix: "Read the function's log group, correct the migration and deploy again. What was applied stays applied.",
    exitCode: 9,
  },
  drift: {
    title: "What runs differs from what the ledger or the program says",
    cause: "Weights, counts or resources were changed by hand or by another tool.",
    fix: "`switchyard repair <stack>` restores weights and task counts, `adopt` accepts them; `switchyard up <stack> --refresh` puts resources back as the program says.",
    exitCode: 10,
  },
  "not-found": {
    title: "The stack, release, image or service named does not exist",
    cause: "A name is misspelt, or the command that creates what it stands for has not run yet.",
    fix: "The message names what exists, or the command to run first.",
    exitCode: 11,
  },
  "missing-tool": {
    title: "A program this command needs is not installed",
    cause: "The Pulumi CLI is not on `PATH`, or could not be installed.",
    fix: "Install it (https://www.pulumi.com/docs/install/); in the sandbox `--engine embedded` needs none.",
    exitCode: 12,
  },
  "task-failed": {
    title: "A one-off task did not run",
    cause: "ECS could not start the task of `switchyard run`: no image, no network, no permission.",
    fix: "Check the image, the task's subnets and its roles.",
    exitCode: 13,
  },
  credentials: {
    title: "AWS did not take the credentials",
    cause:
      "They have expired, are not known, or there are none. In the midst of an operation nothing is undone: traffic and tasks stay as they are, and the lease lapses by itself.",
    fix: "Get new ones and run the same command again: it goes on from there. `switchyard abort <stack>` undoes it; a sweep refuses until one of the two is done.",
    exitCode: 14,
  },
  interrupted: {
    title: "The command was interrupted",
    cause:
      "Ctrl-C or SIGTERM. A deploy or a rollback was undone, or was over already; a sweep, a repair or an adoption ended after the step in hand; a one-off task was stopped. The lease is free.",
    fix: "Run the command again. After a second Ctrl-C nothing was undone: the next run continues.",
    exitCode: 130,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Exit codes that no error of the catalogue has. */
export const otherExitCodes = {
  success: { exitCode: 0, meaning: "It is done, or there was nothing to do." },
  sandbox: { exitCode: 1, meaning: "The sandbox itself failed, or does not stand in for what was asked of it." },
  internal: { exitCode: 70, meaning: "A fault of Switchyard's own; `SWITCHYARD_DEBUG=1` shows where." },
} as const;
