/** Commands that look at environments. */
import type { Argv, CommandModule } from "yargs";
import type { ConsoleFlags } from "./commands/console.ts";
import type { CommonFlags } from "./commands/context.ts";
import type { CostFlags } from "./commands/cost.ts";
import type { ExportFlags } from "./commands/export.ts";
import type { LogsFlags } from "./commands/logs.ts";
import type { TopFlags } from "./commands/top.ts";
import { theStack } from "./stack-flags.ts";

export const watchLoaders = {
  console: () => import("./commands/console.ts"),
  cost: () => import("./commands/cost.ts"),
  export: () => import("./commands/export.ts"),
  logs: () => import("./commands/logs.ts"),
  top: () => import("./commands/top.ts"),
};

type Module = CommandModule<CommonFlags, CommonFlags>;

export function watchCommands(load: typeof watchLoaders): Module[] {
  return [
    command(
      "logs <stack>",
      "what the tasks of services write",
      (y) =>
        theStack(y)
          .option("service", { type: "string", array: true, nargs: 1, describe: "only this service" })
          .option("since", { type: "string", describe: "how long ago, such as 1h, or when; default 10m" })
          .option("follow", { type: "boolean", default: false, describe: "go on with what is written from now on" }),
      async (flags) => (await load.logs()).logs(flags as unknown as LogsFlags),
    ),
    command(
      "console",
      "a page on this machine that shows environments as they change",
      (y) =>
        y
          .option("only", { type: "string", array: true, nargs: 1, describe: "only this environment" })
          .option("port", { type: "number", describe: "port on 127.0.0.1; any that is free when absent" })
          .option("allow-actions", {
            type: "boolean",
            default: false,
            describe: "let the page promote, abort and roll back",
          }),
      async (flags) => (await load.console()).consoleCommand(flags as unknown as ConsoleFlags),
    ),
    command(
      "cost <stack>",
      "what a month costs as configured, and what that changes",
      (y) =>
        theStack(y).option("anew", {
          type: "boolean",
          default: false,
          describe: "read the prices from AWS anew",
        }),
      async (flags) => (await load.cost()).cost(flags as unknown as CostFlags),
    ),
    command(
      "export",
      "the same services for another platform",
      (y) =>
        y
          .command(platform("render", "as a Blueprint of Render", load))
          .command(platform("northflank", "as bodies for Northflank's API", load))
          .demandCommand(1, "Name a platform: render or northflank."),
      async () => undefined,
    ),
    command(
      "top <stack>",
      "traffic, errors and latency of each colour in the last minute",
      (y) => theStack(y).option("once", { type: "boolean", default: false, describe: "do not go on" }),
      async (flags) => (await load.top()).top(flags as unknown as TopFlags),
    ),
  ];
}

function platform(name: "render" | "northflank", describe: string, load: typeof watchLoaders): Module {
  return command(
    `${name} <stack>`,
    describe,
    (y) => theStack(y).option("repository", { type: "string", describe: "owner/name on GitHub" }),
    async (flags) => (await load.export()).exportTo(name, flags as unknown as ExportFlags),
  );
}

function command(
  words: string,
  describe: string,
  builder: (y: Argv<CommonFlags>) => Argv<CommonFlags>,
  handler: (flags: CommonFlags) => Promise<void>,
): Module {
  return { command: words, describe, builder: builder as Module["builder"], handler } as Module;
}
