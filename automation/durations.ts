import { SwitchyardError } from "../programs/errors.ts";

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest a duration may be, in milliseconds: as in a stack's `deploy` section; of the past, ten years. */
export const longest = {
  ...{ watched: 86_400_000, kept: 7 * 86_400_000 },
  ...{ preview: 30 * 86_400_000, replaced: 90 * 86_400_000, recorded: 3_650 * 86_400_000 },
};

/**
 * `90s`, `5m`, `1h` in milliseconds.
 *
 * @param most In milliseconds.
 * @throws SwitchyardError `invalid-flag` naming the flag.
 */
export function duration(flag: string, text: string, most: number = longest.kept): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = (units as Readonly<Record<string, number>>)[unit ?? ""];
  if (number === undefined || factor === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text}" is not a duration`,
      where: flag,
      fix: "give a number and a unit: 30s, 5m, 1h, 7d",
    });
  const ms = Number(number) * factor;
  if (ms <= most) return ms;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is too long`,
    where: flag,
    fix: `give at most ${most > units.d ? `${most / units.d}d` : `${most / units.h}h`}`,
  });
}

const momentPattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A date, a time in ISO 8601, or how long ago: `2026-11-03`, `2026-11-03T14:00:00Z`, `7d`. A date is its first moment, UTC.
 *
 * @returns milliseconds since the epoch
 * @throws SwitchyardError `invalid-flag` naming the flag.
 */
export function moment(flag: string, text: string, now: number): number {
  if (/^\d+(?:\.\d+)?[a-z]+$/.test(text)) return now - duration(flag, text, longest.recorded);
  const at = momentPattern.test(text) ? Date.parse(text) : Number.NaN;
  const midnight = Date.parse(text.slice(0, 10));
  // Date.parse takes the thirtieth of February for the second of March.
  if (!Number.isNaN(at) && new Date(midnight).toISOString().startsWith(text.slice(0, 10))) return at;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is no moment`,
    where: flag,
    fix: "give a date (2026-11-03), a time with its zone (2026-11-03T14:00:00Z), or how long ago (7d)",
  });
}
