import { SwitchyardError } from "../programs/errors.ts";

/** Positional arguments in the order commands take them. */
export const positionals = ["stack", "release", "name", "number", "execution", "schedule", "expression"];

/** What positional arguments are called, where the first is no stack: by a word of the command. */
const placesOf: Readonly<Record<string, readonly string[]>> = {
  ...{ account: ["name"], preview: ["number"], plan: ["stack"], ephemeral: ["number"] },
  ...{ follow: ["execution"], approve: ["execution"], reject: ["execution"], cancel: ["execution"] },
  schedule: ["schedule", "expression", "stack"],
};

/** What yargs says of a command line that it does not take, in one line that names the argument. */
export function misused(message: string, argv: readonly string[]): SwitchyardError {
  const [, got] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  const own = placesOf[argv.find((word) => Object.hasOwn(placesOf, word)) ?? ""];
  const place = got === undefined ? undefined : (own?.[Number(got)] ?? positionals[Number(got)]);
  const missing = place && `<${place}>`;
  return new SwitchyardError("invalid-flag", {
    what: missing
      ? "it is missing"
      : message
          .trim()
          .replace(/\s*\n\s*/g, " ")
          .replace(/\.$/, ""),
    where: missing ?? "command line",
    fix: "--help shows what there is",
  });
}
