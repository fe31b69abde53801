import type { Argv } from "yargs";
import type { CommonFlags } from "./commands/context.ts";
import type * as preview from "./commands/preview.ts";
import { theTag } from "./images-parser.ts";

export function previewCommands<T extends CommonFlags>(y: Argv<T>, load: { preview(): Promise<typeof preview> }) {
  const thePull = (z: Argv<T>) =>
    z.positional("number", { type: "string", demandOption: true, describe: "number of the pull request" });
  const theMaking = (z: Argv<T>) =>
    theTag(thePull(z)).option("for", { type: "string", describe: "how long it stays, such as 24h" });
  return y
    .command(
      "create <number>",
      "make one from this checkout; gives its address once it answers",
      theMaking,
      async (f) => (await load.preview()).create(f as unknown as preview.MakeFlags),
    )
    .command("update <number>", "bring one to another version, infrastructure included", theMaking, async (f) =>
      (await load.preview()).update(f as unknown as preview.MakeFlags),
    )
    .command(
      "extend <number>",
      "let one stay so long from now",
      (z) => thePull(z).option("for", { type: "string", demandOption: true, describe: "such as 24h" }),
      async (f) => (await load.preview()).extendPreview(f as never),
    )
    .command(
      "destroy <number>",
      "delete all of one, also of a half destroyed one",
      (z) =>
        thePull(z).option("due", {
          type: "string",
          describe: "leave one that stays longer than this, such as 2030-01-31T06:00:00Z: it was extended",
        }),
      async (f) => (await load.preview()).destroyPreview(f as unknown as preview.DestroyFlags),
    )
    .command(
      "list",
      "which there are, until when, and where they answer",
      (z) => z,
      async (f) => (await load.preview()).listPreviews(f),
    )
    .command(
      "sweep",
      "destroy those whose time is over, orphans and what was half destroyed",
      (z) => z,
      async (f) => (await load.preview()).sweep(f),
    )
    .demandCommand(1, "Name an action: create, update, extend, destroy, list or sweep.");
}
