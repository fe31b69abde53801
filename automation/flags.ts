import { SwitchyardError } from "../programs/errors.ts";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `1h` in milliseconds. @throws SwitchyardError `invalid-flag` naming the flag. */
export function duration(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = units[unit ?? ""];
  if (number === undefined || factor === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text}" is not a duration`,
      where: flag,
      fix: "give a number and a unit: 30s, 5m, 1h",
    });
  return Number(number) * factor;
}

/** `10%` or `10` as a number from 1 to 99. @throws SwitchyardError `invalid-flag` naming the flag. */
export function percent(flag: string, text: string): number {
  const [, number] = /^(\d{1,2})%?$/.exec(text) ?? [];
  const value = Number(number);
  if (number === undefined || value < 1)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text}" is not a share`,
      where: flag,
      fix: "give a whole percentage from 1% to 99%",
    });
  return value;
}

/** A tag as registries take it. @throws SwitchyardError `invalid-flag`. */
export function tag(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not an image tag`,
    where: "--tag",
    fix: "use letters, digits, dots, dashes and underscores, such as v1.4.0",
  });
}

/** A stack's name. @throws SwitchyardError `invalid-flag`. */
export function stackName(text: string): string {
  if (/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not a stack name`,
    where: "<stack>",
    fix: "use 2 to 20 lower-case letters, digits and dashes, such as production",
  });
}
