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
export function tag(text: string, flag = "--tag"): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not an image tag`,
    where: flag,
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

/** A whole number. @throws SwitchyardError `invalid-flag` naming the flag. */
export function whole(flag: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new SwitchyardError("invalid-flag", {
    what: "it is not a number in its range",
    where: flag,
    fix: `give a whole number from ${least} to ${most}`,
  });
}

const checks: Readonly<Record<string, (value: string) => unknown>> = {
  stack: stackName,
  tag,
  canary: (text) => percent("--canary", text),
  step: (text) => percent("--step", text),
  bake: (text) => duration("--bake", text),
  every: (text) => duration("--every", text),
  keepWarm: (text) => duration("--keep-warm", text),
  limit: (value) => whole("--limit", value, 1, 1000),
  port: (value) => whole("--port", value, 0, 65_535),
  owner: (value) => whole("--owner", value, 1, 2 ** 31),
  report: (text) => file("--report", text),
  out: (text) => file("--out", text),
};

function file(flag: string, text: string): string {
  if (text !== "") return text;
  throw new SwitchyardError("invalid-flag", { what: "it is empty", where: flag, fix: "name a file" });
}

/** How traffic moves to a new version. */
export type StrategyKind = "all-at-once" | "canary" | "linear";

/** Flags that override a stack's `deploy` section. */
export interface StrategyFlags {
  readonly strategy?: StrategyKind;
  readonly canary?: string;
  readonly bake?: string;
  readonly step?: string;
  readonly every?: string;
}

/** Flags of each strategy that the others have no use for. */
const strategies = [
  ["canary", ["canary", "bake"]],
  ["linear", ["step", "every"]],
] as const;

/** The strategy the flags choose: by name, or by having no use in any other one. */
export function chosenStrategy(flags: StrategyFlags): StrategyKind | undefined {
  return flags.strategy ?? strategies.find(([, names]) => names.some((name) => flags[name] !== undefined))?.[0];
}

/**
 * Refuses what no command can use, before anything is opened or called.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag.
 */
export function checkFlags(flags: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(flags))
    if (Array.isArray(value) && !["_", "--", "config"].includes(name))
      throw new SwitchyardError("invalid-flag", {
        what: "it is given more than once",
        where: `--${name}`,
        fix: "give it once",
      });
  for (const [name, check] of Object.entries(checks)) if (flags[name] !== undefined) check(flags[name] as string);
  contradictions(flags as StrategyFlags);
  return true;
}

function contradictions(flags: StrategyFlags): void {
  const chosen = chosenStrategy(flags);
  const others = strategies.flatMap(([strategy, names]) => (strategy === chosen ? [] : names));
  const wrong = others.find((name) => flags[name] !== undefined);
  if (wrong === undefined) return;
  throw new SwitchyardError("invalid-flag", {
    what: `the strategy ${chosen} has no use for it`,
    where: `--${wrong}`,
    fix: "leave it out, or choose its strategy with --strategy",
  });
}
