import yargs, { type Argv } from "yargs";
import { checkArguments, type KnownFlags } from "./arguments.ts";
import { auditCommands } from "./audit-parser.ts";
import { bootstrapFlags } from "./bootstrap-parser.ts";
import { ciCommands } from "./ci-parser.ts";
import { type Commands, commands } from "./command-loaders.ts";
import type { AffectedFlags } from "./commands/affected.ts";
import type { BootstrapFlags } from "./commands/bootstrap.ts";
import type { CommonFlags } from "./commands/context.ts";
import type { DeployFlags } from "./commands/deploy.ts";
import type { DestroyFlags } from "./commands/destroy.ts";
import type { FreezeFlags } from "./commands/freeze.ts";
import type { PromoteFlags } from "./commands/operate.ts";
import type { LoginsFlags } from "./commands/organization.ts";
import type { PoliciesFlags } from "./commands/policies.ts";
import type { RetireFlags } from "./commands/retire.ts";
import type { RollbackFlags } from "./commands/rollback.ts";
import type { PlanFlags, UpFlags } from "./commands/stacks.ts";
import type { HistoryFlags, StatusFlags } from "./commands/status.ts";
import type { UpgradeFlags } from "./commands/upgrade.ts";
import { checkFlags } from "./flags.ts";
import { imagesCommands } from "./images-parser.ts";
import { misused, positionals } from "./misused.ts";
import { accountCommands, loginsFlags } from "./organization-parser.ts";
import { previewCommands } from "./preview-parser.ts";
import { runnerCommands } from "./runner-parser.ts";
import { sandboxCommands } from "./sandbox-parser.ts";
import {
  deployFlags,
  destroyFlags,
  planFlags,
  theDisruption,
  thePromotion,
  theReason,
  theRefresh,
  theReport,
  theSet,
  theStack,
  upgradeFlags,
} from "./stack-flags.ts";
import { ownVersion } from "./surroundings.ts";
import { watchCommands } from "./watch-parser.ts";

const operation = <T extends CommonFlags>(y: Argv<T>) => theReport(theStack(y));

/** The command line. `load` is replaced in tests, to see which command is called with what. */
export function parser(argv: readonly string[], load: Commands = commands) {
  return (
    yargs(argv)
      .scriptName("switchyard")
      // What comes after `--` is another program's: `1.0` stays `1.0`.
      .parserConfiguration({ "populate--": true, "parse-positional-numbers": false, "dot-notation": false })
      .usage("$0 <command>: environments, releases and their guardrails")
      .option("json", { type: "boolean", default: false, describe: "print one JSON document on stdout" })
      .option("sandbox", {
        type: "boolean",
        describe: "work in the sandbox on this machine (also: SWITCHYARD_SANDBOX=1)",
      })
      .option("engine", { choices: ["embedded", "pulumi"] as const, describe: "the sandbox's engine" })
      .middleware(({ sandbox, engine }) => {
        if (sandbox !== undefined) process.env["SWITCHYARD_SANDBOX"] = sandbox ? "1" : "0";
        if (engine !== undefined) process.env["SWITCHYARD_ENGINE"] = engine;
      }, true)
      .command(
        "up <stack>",
        "apply a stack: stages a change; refuses what would disrupt what serves",
        (y) =>
          theDisruption(theSet(theRefresh(theStack(y)))).option("config", {
            type: "string",
            array: true,
            nargs: 1,
            describe: "path=value, written to the stack's file once the change is not refused",
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
      .command(
        "retire <stack>",
        "take a service out: send it nothing any more, stop its tasks; rollback brings it back",
        (y) =>
          theReport(theStack(y))
            .option("service", { type: "string", demandOption: true, describe: "service that leaves" })
            .option("dry-run", { type: "boolean", default: false, describe: "check, say who answers then, and stop" }),
        async (flags) => (await load.retire()).retire(flags as RetireFlags),
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
      .command("destroy [stack]", "delete every resource of a stack, or of all stacks", destroyFlags, async (flags) =>
        flags.everything === true
          ? (await load.everything()).destroyEverything(flags)
          : (await load.destroy()).destroy(flags as DestroyFlags),
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
      .command(watchCommands(load))
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
      .command(
        "bootstrap",
        "from an empty account to delivery that runs by itself, step by step",
        bootstrapFlags,
        async (flags) => (await load.bootstrap()).bootstrap(flags as BootstrapFlags),
      )
      .command(
        "doctor",
        "look at what deploys stand on: tools, credentials, quotas, state, clock",
        (y) => y,
        async (flags) => (await load.doctor()).doctor(flags),
      )
      .command(
        "accounts",
        "the organization's accounts: unit, address, state, who may log in with what",
        (y) => y,
        async (flags) => (await load.organization()).accounts(flags),
      )
      .command(
        "affected",
        "which stacks and images the commits since a base touch",
        (y) =>
          y
            .option("base", { type: "string", demandOption: true, describe: "a commit, branch or tag" })
            .option("head", { type: "string", describe: "likewise; default HEAD" }),
        async (flags) => (await load.affected()).affectedCommand(flags as AffectedFlags),
      )
      .command("audit", "what was done to a stack, and the proof of it", (y) => auditCommands(y, load))
      .command("ci", "what the workflows do", (y) => ciCommands(y, load))
      .command("freeze <stack>", "refuse up and deploy of a stack until it is unfrozen", theReason, async (flags) =>
        (await load.freeze()).freeze("freeze", flags as FreezeFlags),
      )
      .command("unfreeze <stack>", "let a frozen stack change again", theReason, async (flags) =>
        (await load.freeze()).freeze("unfreeze", flags as FreezeFlags),
      )
      .command(
        "upgrade <stack>",
        "replace an environment by one beside it, made from a copy of its data; or go back",
        upgradeFlags,
        async (flags) => (await load.upgrade()).upgrade(flags as UpgradeFlags),
      )
      .command("account", "close an account", (y) => accountCommands(y, load))
      .command(
        "logins",
        "a person's ~/.aws/config: a profile for each account and permission set",
        loginsFlags,
        async (flags) => (await load.organization()).logins(flags as LoginsFlags),
      )
      .command("preview", "an environment for each pull request", (y) => previewCommands(y, load))
      .command("runner", "delivery inside the account: what its state machines run", (y) => runnerCommands(y, load))
      .command("images", "build, push or list images", (y) => imagesCommands(y, load))
      .command("sandbox", "start, stop, inspect or empty the sandbox", (y) => sandboxCommands(y, load))
      .version(ownVersion())
      .check((flags, options) => {
        // yargs counts what comes after `--`, and would do nothing and be content.
        if (flags["_"].length === 0 && flags["--"] !== undefined) throw misused("Name a command, before any --", argv);
        // Typed as aliases; what yargs hands over are the command's flags by what they take.
        const known = options as unknown as Omit<KnownFlags, "positional">;
        checkArguments(argv, { ...known, positional: positionals });
        return checkFlags(flags);
      }, true)
      .strict()
      .demandCommand(1, "Name a command; --help lists them.")
      .wrap(Math.min(110, process.stdout.columns ?? 110))
      .fail((message, error) => {
        // yargs says most of what is wrong in words, and some of it by an error of its own.
        if (error && error.name !== "YError") throw error;
        throw misused(message ?? error?.message, argv);
      })
  );
}
