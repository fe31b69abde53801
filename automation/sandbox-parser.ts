import type { Argv } from "yargs";
import type { CommonFlags } from "./commands/context.ts";
import type * as sandbox from "./commands/sandbox.ts";

export function sandboxCommands<T extends CommonFlags>(y: Argv<T>, load: { sandbox(): Promise<typeof sandbox> }) {
  return y
    .command(
      "start",
      "start it, or find it running",
      (z) =>
        z
          .option("port", { type: "number", describe: "port of the endpoint" })
          .option("owner", { type: "number", describe: "stop when this process is gone" }),
      async (f) => (await load.sandbox()).start(f as sandbox.SandboxFlags),
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
    .command(
      "mail",
      "messages that were sent in it, which go nowhere",
      (z) => z,
      async (f) => (await load.sandbox()).mail(f),
    )
    .demandCommand(1, "Name an action: start, stop, status, reset or mail.");
}
