import { SwitchyardError } from "../programs/errors.ts";

/** The flags of the command that was named, by what they take; as they are written after the two dashes. */
export interface KnownFlags {
  readonly boolean: readonly string[];
  readonly number: readonly string[];
  /** May be given more than once. */
  readonly array: readonly string[];
  /** Arguments that have a place and no dashes. */
  readonly positional: readonly string[];
}

/**
 * Refuses what the parser would read as something else than was written: it takes `--dry-run=yes` for false, the last of
 * two contradicting flags, `0x10` for sixteen, and a flag named like a positional argument for nothing.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag.
 */
export function checkArguments(argv: readonly string[], known: KnownFlags): void {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  const seen = new Set<string>();
  own.forEach((argument, index) => {
    const [, written, value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (written === undefined) return;
    // The parser takes --DRY-RUN for --dry-run, and its value for one of any kind.
    if (/(^|[-A-Z])[A-Z]/.test(written))
      throw invalid(written, "flags are written in lower case", `write --${written.toLowerCase()}`);
    const name = written.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const negated = name.startsWith("no-") ? name.slice(3) : undefined;
    const meant = negated ?? name;
    if (known.boolean.includes(meant)) checkBoolean(written, value, negated !== undefined);
    else if (negated !== undefined) throw invalid(written, "only what is true or false can be negated", "leave it out");
    if (known.positional.includes(name)) throw invalid(written, "it is not a flag", `give the ${name} without dashes`);
    if (known.number.includes(name)) checkNumber(written, value ?? own[index + 1] ?? "");
    if (seen.has(meant) && !known.array.includes(meant))
      throw invalid(written, "it is given more than once", "give it once");
    seen.add(meant);
  });
}

function checkBoolean(name: string, value: string | undefined, negated: boolean): void {
  if (value === undefined || (!negated && ["true", "false"].includes(value))) return;
  throw invalid(name, `it takes no value such as "${value}"`, "write it alone; false leaves it out");
}

function checkNumber(name: string, value: string): void {
  if (!/^\d{1,15}$/.test(value)) throw invalid(name, `"${value}" is not a whole number`, "write it in digits alone");
}

function invalid(name: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", { what, where: `--${name}`, fix });
}
