#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import yargs, { type Argv } from "yargs";
import { hideBin } from "yargs/helpers";
import { errorCatalogue, SwitchyardError } from "../programs/errors.ts";
import type { CommonFlags } from "./commands/context.ts";
import type { DeployFlags, RollbackFlags } from "./commands/deploy.ts";
import type { ImagesFlags } from "./commands/images.ts";
import type { SandboxFlags } from "./commands/sandbox.ts";
import type { DestroyFlags, PlanFlags, UpFlags } from "./commands/stacks.ts";
import type { HistoryFlags, StatusFlags } from "./commands/status.ts";
import { ownVersion, projectRoot } from "./surroundings.ts";

// The programs load thousands of modules; compiled code is kept for the next command.
enableCompileCache(join(projectRoot, "node_modules", ".cache", "switchyard"));

/** Exit code of a failure that is not in the catalogue: a fault of Switchyard's own. */
const internalError = 70;

const theStack = <T extends CommonFlags>(y: Argv<T>) =>
  y.positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" });
const theTag = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("tag", { type: "string", demandOption: true, describe: "image tag" });
const theReport = <T extends CommonFlags>(y: Argv<T>) =>
  y.option("report", { type: "string", describe: "also write the result to this file" });

const operation = <T extends CommonFlags>(y: Argv<T>) => theReport(theStack(y));

function cli(argv: readonly string[]) {
  return yargs(argv)
    .scriptName("switchyard")
    .parserConfiguration({ "populate--": true })
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
        theStack(y).option("config", { type: "string", array: true, nargs: 1, describe: "path=value, kept for later" }),
      async (flags) => (await import("./commands/stacks.ts")).up(flags as UpFlags),
    )
    .command("plan <stack>", "show what up would change, and what the policies say", theStack, async (flags) =>
      (await import("./commands/stacks.ts")).planCommand(flags as PlanFlags),
    )
    .command(
      "deploy <stack>",
      "ship a version beside the old one, prove it, move traffic",
      deployFlags,
      async (flags) => (await import("./commands/deploy.ts")).deploy(flags as DeployFlags),
    )
    .command(
      "rollback <stack>",
      "move traffic back to the other colour",
      (y) => theReport(theStack(y)),
      async (flags) => (await import("./commands/deploy.ts")).rollback(flags as RollbackFlags),
    )
    .command("status <stack>", "what serves, what runs, who is at work", theStack, async (flags) =>
      (await import("./commands/status.ts")).status(flags as StatusFlags),
    )
    .command(
      "history <stack>",
      "what was deployed, by whom, with what result",
      (y) => theStack(y).option("limit", { type: "number", default: 20, describe: "operations to show" }),
      async (flags) => (await import("./commands/status.ts")).history(flags as HistoryFlags),
    )
    .command(
      "destroy <stack>",
      "delete every resource of a stack",
      (y) => theStack(y).option("yes", { type: "boolean", default: false, describe: "really" }),
      async (flags) => (await import("./commands/stacks.ts")).destroy(flags as DestroyFlags),
    )
    .command("promote <stack>", "let a deploy that waits for approval go on", theStack, async (flags) =>
      (await import("./commands/operate.ts")).promote(flags),
    )
    .command("abort <stack>", "undo the operation in flight", theStack, async (flags) =>
      (await import("./commands/operate.ts")).abort(flags),
    )
    .command(
      "sweep <stack>",
      "stop colours that are warm no longer, drop old task definitions",
      operation,
      async (flags) => (await import("./commands/operate.ts")).operateOn("sweep", flags),
    )
    .command("repair <stack>", "put weights changed by hand back as the ledger says", operation, async (flags) =>
      (await import("./commands/operate.ts")).operateOn("repair", flags),
    )
    .command("adopt <stack>", "make the ledger say what weights changed by hand say", operation, async (flags) =>
      (await import("./commands/operate.ts")).operateOn("adopt", flags),
    )
    .command(
      "explain <stack> <release>",
      "replay an operation's journal and say why each step was taken",
      (y) =>
        theStack(y).positional("release", { type: "string", demandOption: true, describe: "operation or version" }),
      async (flags) => (await import("./commands/explain.ts")).explain(flags),
    )
    .command("drift <stack>", "compare a stack with the account, property by property", theStack, async (flags) =>
      (await import("./commands/drift.ts")).drift(flags),
    )
    .command(
      "migrate <stack>",
      "apply or show database migrations",
      (y) =>
        theStack(y)
          .option("status", { type: "boolean", default: false, describe: "only show them" })
          .option("contract", { type: "boolean", default: false, describe: "apply contract migrations" }),
      async (flags) => (await import("./commands/migrate.ts")).migrate(flags),
    )
    .command(
      "run <stack>",
      "run a command once on a service's live image: run <stack> --service api -- <command>",
      (y) =>
        theStack(y).option("service", { type: "string", demandOption: true, describe: "service whose image it is" }),
      async (flags) =>
        (await import("./commands/run.ts")).runTask({
          ...flags,
          command: ((flags["--"] ?? []) as unknown[]).map(String),
        }),
    )
    .command("images <action>", "build, push or list images", imagesCommands)
    .command("sandbox <action>", "start, stop, inspect or empty the sandbox", sandboxCommands)
    .version(ownVersion())
    .strict()
    .demandCommand(1, "Name a command; --help lists them.")
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .fail((message, error) => {
      if (error) throw error;
      throw new SwitchyardError("invalid-flag", {
        what: message,
        where: "command line",
        fix: "--help shows what there is",
      });
    });
}

function deployFlags<T extends CommonFlags>(y: Argv<T>) {
  return theReport(theTag(theStack(y)))
    .option("strategy", { choices: ["all-at-once", "canary", "linear"] as const, describe: "default: the stack's" })
    .option("canary", { type: "string", describe: "first share, such as 10%" })
    .option("bake", { type: "string", describe: "how long the first share is watched, such as 5m" })
    .option("step", { type: "string", describe: "share of each step of a linear shift, such as 20%" })
    .option("every", { type: "string", describe: "time between the steps of a linear shift, such as 2m" })
    .option("approve", { type: "boolean", describe: "wait for `promote` before traffic moves" })
    .option("keep-warm", { type: "string", describe: "how long the old colour keeps running, such as 1h" })
    .option("dry-run", { type: "boolean", default: false, describe: "check, print the steps and stop" });
}

function imagesCommands<T extends CommonFlags>(y: Argv<T>) {
  const flags = <U extends CommonFlags>(z: Argv<U>) =>
    theTag(z).option("source", { type: "string", describe: "checkout to build; default: this one" });
  return y
    .command("build", "build without pushing", flags, async (f) =>
      (await import("./commands/images.ts")).build(f as ImagesFlags),
    )
    .command("push", "build and push under a tag", flags, async (f) =>
      (await import("./commands/images.ts")).push(f as ImagesFlags),
    )
    .command(
      "digests",
      "digests last pushed",
      (z) => z,
      async (f) => (await import("./commands/images.ts")).digests(f),
    )
    .demandCommand(1, "Name an action: build, push or digests.");
}

function sandboxCommands<T extends CommonFlags>(y: Argv<T>) {
  return y
    .command(
      "start",
      "start it, or find it running",
      (z) =>
        z
          .option("port", { type: "number", describe: "port of the endpoint" })
          .option("owner", { type: "number", describe: "stop when this process is gone" }),
      async (f) => (await import("./commands/sandbox.ts")).start(f as SandboxFlags),
    )
    .command(
      "stop",
      "stop it and everything in it",
      (z) => z,
      async (f) => (await import("./commands/sandbox.ts")).stop(f),
    )
    .command(
      "status",
      "what runs in it, and where",
      (z) => z,
      async (f) => (await import("./commands/sandbox.ts")).sandboxStatus(f),
    )
    .command(
      "reset",
      "empty it",
      (z) => z,
      async (f) => (await import("./commands/sandbox.ts")).reset(f),
    )
    .demandCommand(1, "Name an action: start, stop, status or reset.");
}

/** One line for the user; the whole story with SWITCHYARD_DEBUG. */
function explain(error: unknown): number {
  const debug = process.env["SWITCHYARD_DEBUG"] !== undefined;
  if (isUserError(error)) {
    process.stderr.write(`switchyard: ${error.message}\n`);
    if (debug) process.stderr.write(`${String(error.stack)}\n${String(error.cause ?? "")}\n`);
    return error instanceof SwitchyardError ? errorCatalogue[error.code].exitCode : 1;
  }
  const text = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`switchyard: ${debug ? text.stack : text.message} (SWITCHYARD_DEBUG=1 shows more)\n`);
  return internalError;
}

/** The sandbox has an error type of its own, of the same shape. */
function isUserError(error: unknown): error is Error {
  return error instanceof SwitchyardError || (error instanceof Error && error.name === "SandboxError");
}

try {
  await cli(hideBin(process.argv)).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
