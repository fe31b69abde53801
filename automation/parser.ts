import yargs, { type Argv } from "yargs";
import { SwitchyardError } from "../programs/errors.ts";
import type { CommonFlags } from "./commands/context.ts";
import type { DeployFlags } from "./commands/deploy.ts";
import type { ImagesFlags } from "./commands/images.ts";
import type { PromoteFlags } from "./commands/operate.ts";
import type { PoliciesFlags } from "./commands/policies.ts";
import type { RollbackFlags } from "./commands/rollback.ts";
import type { SandboxFlags } from "./commands/sandbox.ts";
import type { DestroyFlags, PlanFlags, UpFlags } from "./commands/stacks.ts";
import type { HistoryFlags, StatusFlags } from "./commands/status.ts";
import { checkFlags } from "./flags.ts";
import { ownVersion } from "./surroundings.ts";

/** Commands load when they are called: `--help` waits for none of them. */
const commands = {
  deploy: () => import("./commands/deploy.ts"),
  drift: () => import("./commands/drift.ts"),
  explain: () => import("./commands/explain.ts"),
  images: () => import("./commands/images.ts"),
  migrate: () => import("./commands/migrate.ts"),
  policies: () => import("./commands/policies.ts"),
  operate: () => import("./commands/operate.ts"),
  rollback: () => import("./commands/rollback.ts"),
  run: () => import("./commands/run.ts"),
  sandbox: () => import("./commands/sandbox.ts"),
  stacks: () => import("./commands/stacks.ts"),
  status: () => import("./commands/status.ts"),
};

export type Commands = typeof commands;

const theStack = <T extends CommonFlags>(y: Argv<T>) =>
  y.positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" });
const theTag = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("tag", { type: "string", demandOption: true, describe: "image tag" });
const theRefresh = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("refresh", {
    type: "boolean",
    describe: "read every resource from the account first: what a hand has changed is put back",
  });
const theReport = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("report", { type: "string", describe: "also write the result to this file" });

const thePromotion = <T extends CommonFlags>(y: Argv<T>) =>
  theStack(y)
    .option("tag", { type: "string", describe: "the version that is approved" })
    .option("wait", { type: "string", describe: "wait for its deploy, such as 30m" })
    .option("approver", { type: "string", describe: "who approved, when that is not who runs this" });

const operation = <T extends CommonFlags>(y: Argv<T>) => theReport(theStack(y));

/** The command line. `load` is replaced in tests, to see which command is called with what. */
export function parser(argv: readonly string[], load: Commands = commands) {
  return (
    yargs(argv)
      .scriptName("switchyard")
      // What comes after `--` is another program's: `1.0` stays `1.0`.
      .parserConfiguration({ "populate--": true, "parse-positional-numbers": false })
      .usage("$0 <command>: environments, releases and their guardrails")
      .option("json", { type: "boolean", default: false, describe: "print one JSON document on stdout" })
      .option("sandbox", {
        type: "boolean",
        describe: "work in the sandbox on this machine (also: SWITCHYARD_SANDBOX=1)",
      })
      .option("engine", { choices: ["embedded", "pulumi"] as const, describe: "the sandbox's engine" })
      .middleware(({ sandbox, engine }) => {
        if (sandbox === true) process.env["SWITCHYARD_SANDBOX"] = "1";
        if (engine !== undefined) process.env["SWITCHYARD_ENGINE"] = engine;
      }, true)
      .command(
        "up <stack>",
        "apply a stack: stages a change, never touches what runs or serves",
        (y) =>
          theRefresh(theStack(y)).option("config", {
            type: "string",
            array: true,
            nargs: 1,
            describe: "path=value, kept for later",
          }),
        async (flags) => (await load.stacks()).up(flags as UpFlags),
      )
      .command("plan <stack>", "show what up would change, and what the policies say", planFlags, async (flags) =>
        (await load.stacks()).planCommand(flags as PlanFlags),
      )
      .command(
        "policies [stack]",
        "list the rules; with a stack, also the resource types in it that no rule looks at",
        (y) => y.positional("stack", { type: "string", describe: "stack, such as production" }),
        async (flags) => (await load.policies()).policies(flags as PoliciesFlags),
      )
      .command(
        "deploy <stack>",
        "ship a version beside the old one, prove it, move traffic",
        deployFlags,
        async (flags) => (await load.deploy()).deploy(flags as DeployFlags),
      )
      .command(
        "rollback <stack>",
        "move traffic back to the other colour",
        (y) =>
          theReport(theStack(y)).option("to", {
            type: "string",
            describe: "a version that served here before, such as v7",
          }),
        async (flags) => (await load.rollback()).rollback(flags as RollbackFlags),
      )
      .command("status <stack>", "what serves, what runs, who is at work", theStack, async (flags) =>
        (await load.status()).status(flags as StatusFlags),
      )
      .command(
        "history <stack>",
        "what was deployed, by whom, with what result",
        (y) => theStack(y).option("limit", { type: "number", default: 20, describe: "operations to show" }),
        async (flags) => (await load.status()).history(flags as HistoryFlags),
      )
      .command(
        "destroy <stack>",
        "delete every resource of a stack",
        (y) => theStack(y).option("yes", { type: "boolean", default: false, describe: "really" }),
        async (flags) => (await load.stacks()).destroy(flags as DestroyFlags),
      )
      .command("promote <stack>", "let a deploy that waits for approval go on", thePromotion, async (flags) =>
        (await load.operate()).promote(flags as PromoteFlags),
      )
      .command("abort <stack>", "undo the operation in flight", theStack, async (flags) =>
        (await load.operate()).abort(flags),
      )
      .command(
        "sweep <stack>",
        "stop colours that are warm no longer, drop old task definitions",
        operation,
        async (flags) => (await load.operate()).operateOn("sweep", flags),
      )
      .command(
        "repair <stack>",
        "put weights and task counts changed by hand back as the ledger says",
        operation,
        async (flags) => (await load.operate()).operateOn("repair", flags),
      )
      .command(
        "adopt <stack>",
        "make the ledger say what a hand has made of weights and task counts: all on one colour",
        operation,
        async (flags) => (await load.operate()).operateOn("adopt", flags),
      )
      .command(
        "explain <stack> <release>",
        "replay an operation's journal and say why each step was taken",
        (y) =>
          theStack(y).positional("release", {
            type: "string",
            demandOption: true,
            describe: "version, such as v7, or operation",
          }),
        async (flags) => (await load.explain()).explain(flags),
      )
      .command("drift <stack>", "compare a stack with the account, property by property", theStack, async (flags) =>
        (await load.drift()).drift(flags),
      )
      .command(
        "migrate <stack>",
        "apply or show database migrations",
        (y) =>
          theStack(y)
            .option("status", { type: "boolean", default: false, describe: "only show them" })
            .option("contract", { type: "boolean", default: false, describe: "apply contract migrations" }),
        async (flags) => (await load.migrate()).migrate(flags),
      )
      .command(
        "run <stack>",
        "run a command once on a service's live image: run <stack> --service api -- <command>",
        (y) =>
          theStack(y).option("service", { type: "string", demandOption: true, describe: "service whose image it is" }),
        async (flags) =>
          (await load.run()).runTask({
            ...flags,
            command: ((flags["--"] ?? []) as unknown[]).map(String),
          }),
      )
      .command("images", "build, push or list images", (y) => imagesCommands(y, load))
      .command("sandbox", "start, stop, inspect or empty the sandbox", (y) => sandboxCommands(y, load))
      .version(ownVersion())
      .check(checkFlags, true)
      .strict()
      .demandCommand(1, "Name a command; --help lists them.")
      .wrap(Math.min(110, process.stdout.columns ?? 110))
      .fail((message, error) => {
        if (error) throw error;
        throw misused(message);
      })
  );
}

function deployFlags<T extends CommonFlags>(y: Argv<T>) {
  return theReport(theTag(theStack(y)))
    .option("strategy", { choices: ["all-at-once", "canary", "linear"] as const, describe: "default: the stack's" })
    .option("canary", { type: "string", describe: "first share, such as 10%" })
    .option("bake", { type: "string", describe: "how long the first share is watched, such as 5m" })
    .option("step", { type: "string", describe: "share of each step of a linear shift, such as 20%" })
    .option("every", { type: "string", describe: "time between the steps of a linear shift, such as 2m" })
    .option("approve", {
      type: "boolean",
      describe: "wait for `promote` before traffic moves, also where the stack does not ask for it",
    })
    .option("keep-warm", { type: "string", describe: "how long the old colour keeps running, such as 1h" })
    .option("dry-run", { type: "boolean", default: false, describe: "check, print the steps and stop" });
}

function planFlags<T extends CommonFlags>(y: Argv<T>) {
  return theRefresh(theStack(y))
    .option("policies", { type: "boolean", describe: "what the policies say, in full, instead of the changes" })
    .option("format", {
      choices: ["terminal", "markdown", "sarif", "json"] as const,
      implies: "policies",
      describe: "of what the policies say",
    })
    .option("out", {
      type: "string",
      implies: "policies",
      describe: "file for what the policies say; then the changes are shown too",
    });
}

function imagesCommands<T extends CommonFlags>(y: Argv<T>, load: Commands) {
  const flags = <U extends CommonFlags>(z: Argv<U>) =>
    theTag(z).option("source", { type: "string", describe: "checkout to build; default: this one" });
  return y
    .command("build", "build without pushing", flags, async (f) => (await load.images()).build(f as ImagesFlags))
    .command("push", "build and push under a tag", flags, async (f) => (await load.images()).push(f as ImagesFlags))
    .command(
      "digests",
      "digests last pushed",
      (z) => z,
      async (f) => (await load.images()).digests(f),
    )
    .demandCommand(1, "Name an action: build, push or digests.");
}

function sandboxCommands<T extends CommonFlags>(y: Argv<T>, load: Commands) {
  return y
    .command(
      "start",
      "start it, or find it running",
      (z) =>
        z
          .option("port", { type: "number", describe: "port of the endpoint" })
          .option("owner", { type: "number", describe: "stop when this process is gone" }),
      async (f) => (await load.sandbox()).start(f as SandboxFlags),
    )
    .command(
      "stop",
      "stop it and everything in it",
      (z) => z,
      async (f) => (await load.sandbox()).stop(f),
    )
    .command(
      "status",
      "what runs in it, and where",
      (z) => z,
      async (f) => (await load.sandbox()).sandboxStatus(f),
    )
    .command(
      "reset",
      "empty it",
      (z) => z,
      async (f) => (await load.sandbox()).reset(f),
    )
    .demandCommand(1, "Name an action: start, stop, status or reset.");
}

/** Positional arguments in the order commands take them. */
const positionals = ["<stack>", "<release>"];

/** What yargs says, in one line that names the argument. */
function misused(message: string): SwitchyardError {
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  const missing = got !== undefined && positionals[Number(got)];
  return new SwitchyardError("invalid-flag", {
    what: missing
      ? "it is missing"
      : message
          .trim()
          .replace(/\s*\n\s*/g, " ")
          .replace(/\.$/, ""),
    where: missing || "command line",
    fix: "--help shows what there is",
  });
}
