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
  "not-set-up": {
    title: "What the stack stands on has to be set up by hand first",
    cause:
      "There is no AWS organization, a policy type is off in it, IAM Identity Center is not enabled, or the stack is applied from an account that has no right to it. Nothing was written.",
    fix: "The message lists the steps in their order; docs/organization.md has them with what each needs.",
    exitCode: 19,
  },
  "not-ready": {
    title: "`switchyard doctor` found something that is not as it has to be",
    cause: "A tool is missing, the credentials are another account's, a quota is nearly used up, the clock is off.",
    fix: "Each line with a problem says what to do about it.",
    exitCode: 20,
  },
  "service-in-use": {
    title: "A service still serves, or still has its place among the listener's rules",
    cause:
      "A service that serves is not in the configuration any more, perhaps because it was renamed; or a new one has the priority that another still serves with. Nothing was changed.",
    fix: "Take a service out with `switchyard retire` before it is removed (docs/retire-service.md, docs/rename-service.md). Give a new one another priority, or deploy the one that has it first.",
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
    cause:
      "The lease, an operation, its journal, a word or the outputs were changed by hand, or by a version of Switchyard that is newer.",
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
      "Timeouts do not fit, an alarm fires or cannot be read, a scan failed or has critical findings, weights were changed by hand, subnets are full, a contract migration was left behind, a migration breaks a rule, the clock is off. Nothing was written.",
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
  "disruptive-change": {
    title: "The update would disrupt what serves",
    cause:
      "A change reaches something that a live release, or one that is kept for a rollback, stands on: the database, the network, the balancer, a secret, a role. Nothing was changed.",
    fix: "Take the change back, or name what may be disrupted with `--disrupt`; `switchyard plan <stack>` lists all of it with the reasons.",
    exitCode: 15,
  },
  protected: {
    title: "The stack has resources that are kept from deletion",
    cause:
      "`switchyard destroy` met the protected database, balancer, repositories or ledger of a `production` tier, or a network that other environments are in. Nothing was deleted.",
    fix: "To delete them on purpose, set `switchyard:tier: development`, run `switchyard up <stack>`, then `destroy` again. Destroy the environments in its network first.",
    exitCode: 15,
  },
  "left-over": {
    title: "Things of the project are left after everything was destroyed",
    cause:
      "`switchyard destroy --everything` destroyed every stack, and then found something with the tag `project=switchyard` that no stack has and AWS will not take away by itself; or an account could not be asked.",
    fix: "The lines above the message name each with its reason. Delete it by hand, then run the command again: it only asks.",
    exitCode: 21,
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
  "migration-refused": {
    title: "A migration would hold up or break what serves, or cannot run",
    cause:
      "A file under `migrations/` breaks a rule: it locks a table, drops in an expand, adds in a contract, has a number older than one applied, is changed, or is not SQL that the function can run. No database was touched.",
    fix: "The message names file, line, rule and what to write. What has to be so is allowed with a reason in the file; see docs/migration-lint.md.",
    exitCode: 6,
  },
  drift: {
    title: "What runs differs from what the ledger or the program says",
    cause:
      "Weights, counts, task definitions or resources were changed by hand or by another tool, or the ledger does not know what serves.",
    fix: "`switchyard repair <stack>` restores weights, task counts and task definitions, `adopt` accepts what serves; `switchyard up <stack> --refresh` puts resources back as the program says.",
    exitCode: 10,
  },
  "audit-broken": {
    title: "The audit of a stack is not as it was written",
    cause:
      "Records were changed, dropped, moved or forged since: by hand, by another tool, or by restoring a part of the ledger.",
    fix: "The message names the first. docs/audit.md says what each finding means and where the records can be had from.",
    exitCode: 22,
  },
  frozen: {
    title: "The stack is frozen",
    cause: "Somebody, or a merge that could not be gone back from, has frozen it: `up` and `deploy` are refused.",
    fix: "The message says who and why. `switchyard unfreeze <stack>` lets it change again; `rollback` and `abort` work meanwhile.",
    exitCode: 23,
  },
  "over-budget": {
    title: "An environment would cost more a month than it may",
    cause: "`switchyard cost` estimated more than `switchyard:cost.maxMonthlyUsd` allows. Nothing was written.",
    fix: "The table before the message shows what costs what. Make it smaller, or raise the maximum.",
    exitCode: 26,
  },
  "github-refused": {
    title: "GitHub refused a call, or could not be asked",
    cause:
      "`GITHUB_REPOSITORY` or `GITHUB_TOKEN` is missing, a GitHub App's secret is not usable, the token has not the right, what is named is not there, or GitHub fails or is not reachable after every retry.",
    fix: "The message says which call and what GitHub said. Then run the same command again: it goes on from what is there.",
    exitCode: 24,
  },
  "pull-request-blocked": {
    title: "The pull request must not be merged as it is",
    cause:
      "A stack it touches has no plan, an image does not build, a mandatory rule is broken, a migration is refused, or what is protected or serves would be replaced or deleted.",
    fix: "The comment on the pull request lists all of it, by stack. Push a correction: the comment is updated in place.",
    exitCode: 25,
  },
  "merge-refused": {
    title: "What was merged is not applied",
    cause:
      "The commit comes from no pull request, nobody else who may write has approved its last commit, or it would now delete or replace what the approved plan did not.",
    fix: "The message says which. Nothing was applied: have it approved, or open a pull request with what is to be applied.",
    exitCode: 28,
  },
  "merge-undone": {
    title: "What was merged could not be applied; the last good commit was applied again",
    cause:
      "An update failed. What it had begun was put back by applying the commit that was applied last without error.",
    fix: "The message says what failed. Correct it in a new pull request.",
    exitCode: 27,
  },
  "merge-frozen": {
    title: "What was merged could not be applied, nor could it be gone back; the stack is frozen",
    cause:
      "An update failed, and so did applying the last good commit again, or no commit is known that was applied well before: the merge's parent may have been refused.",
    fix: "The message says which. `switchyard unfreeze <stack>`, and `switchyard up <stack>` from the checkout of a commit that you trust; correct the merge in a new pull request.",
    exitCode: 32,
  },
  "not-found": {
    title: "The stack, release, image or service named does not exist",
    cause: "A name is misspelt, or the command that creates what it stands for has not run yet.",
    fix: "The message names what exists, or the command to run first.",
    exitCode: 11,
  },
  "missing-tool": {
    title: "A program this command needs is not installed",
    cause:
      "The Pulumi CLI is not on `PATH`, or could not be installed; or Docker with buildx is not there, which builds public images.",
    fix: "Install what the message names; in the sandbox `--engine embedded` needs no Pulumi CLI.",
    exitCode: 12,
  },
  "task-failed": {
    title: "A one-off task did not run",
    cause: "ECS could not start the task of `switchyard run`: no image, no network, no permission.",
    fix: "Check the image, the task's subnets and its roles.",
    exitCode: 13,
  },
  "name-taken": {
    title: "A shared name leads elsewhere",
    cause:
      "A name of `switchyard:domain.shared` leads to another environment, or has a record without a weight. Nothing was changed.",
    fix: "Have `switchyard upgrade` make the environment beside the other, or take the name out (docs/domain.md).",
    exitCode: 31,
  },
  "upgrade-refused": {
    title: "An environment is not upgraded, or not gone back from",
    cause:
      "The two configurations do not fit, the environment beside or the snapshot is there already, another upgrade is under way, the copy lost rows, it has taken its first write, or the environment is kept and cannot be destroyed.",
    fix: "The message says which. `switchyard explain <stack> upgrade` shows what was done and when.",
    exitCode: 30,
  },
  "execution-failed": {
    title: "An execution or a build of the runner did not succeed",
    cause:
      "A state machine of the runner ended otherwise, or still ran when the time to follow it was over; or a build of images was stopped, took too long, or could not begin. Of a build whose push failed, the exit code is the push's.",
    fix: "The message says how it ended; the job's or build's log says why. `--attempt` starts an execution once more, the same push a build.",
    exitCode: 29,
  },
  credentials: {
    title: "AWS did not take the credentials",
    cause:
      "They have expired, are not known, or there are none. In the midst of an operation nothing is undone: traffic and tasks stay as they are, and the lease lapses by itself.",
    fix: "Get new ones and run the same command again: it goes on from there. `switchyard abort <stack>` undoes it; a sweep refuses until one of the two is done.",
    exitCode: 14,
  },
  "aws-refused": {
    title: "AWS refused a call",
    cause:
      "A right is missing, something the environment stands on was deleted by hand, a limit is reached, or AWS throttles or fails, after every retry. In the midst of an operation nothing is undone: traffic and tasks stay as they are.",
    fix: "The message says which call, what AWS said, and what to do. Then run the same command again, which goes on from there; `switchyard abort <stack>` undoes it.",
    exitCode: 16,
  },
  unreachable: {
    title: "AWS could not be reached",
    cause: "The network, a proxy, the name service or a certificate is in the way, or the region does not exist.",
    fix: "Check them, then run the same command again: it goes on from what is true.",
    exitCode: 17,
  },
  "unusable-file": {
    title: "A file cannot be read or written",
    cause: "It is not there, there is no right to it, or there is no room left.",
    fix: "The message names the file. Correct it and run the command again.",
    exitCode: 18,
  },
  interrupted: {
    title: "The command was interrupted",
    cause:
      "Ctrl-C or SIGTERM; in CI also a hangup, or the end of the process that started it. A deploy or a rollback was undone, or was over already; a sweep, a repair or an adoption ended after the step in hand; an `up` or a `destroy` when what it had begun was done; a one-off task was stopped; what only looks ended at once. The lease is free.",
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
