import type { Argv } from "yargs";
import type * as account from "./commands/account.ts";
import type { CommonFlags } from "./commands/context.ts";

export function accountCommands<T extends CommonFlags>(y: Argv<T>, load: { account(): Promise<typeof account> }) {
  return y
    .command(
      "close <name>",
      "close an account whose entry says decommission: true",
      (z) =>
        z
          .positional("name", { type: "string", demandOption: true, describe: "its entry, such as staging" })
          .option("yes", { type: "boolean", default: false, describe: "really" }),
      async (flags) => (await load.account()).close(flags as account.CloseFlags),
    )
    .demandCommand(1, "Name an action: close.");
}

export function loginsFlags<T extends CommonFlags>(y: Argv<T>) {
  return y
    .option("person", { type: "string", describe: "user name; default: who runs this" })
    .option("write", { type: "boolean", describe: "merge it into the file, other entries left alone" });
}
