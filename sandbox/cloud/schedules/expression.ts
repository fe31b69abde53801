/** When a schedule fires (EventBridge Scheduler user guide, "Schedule types"). All times are UTC. */
import { awsError } from "../handlers.ts";

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const dayMs = 86_400_000;
/** How far ahead a day is looked for: the 29th of a February is never farther away. */
const mostDays = 366 * 8;

/**
 * The first moment after another one; undefined where there is none any more. Milliseconds since the epoch.
 *
 * @throws AwsError `ValidationException` for what AWS does not take, or what this cloud does not know.
 */
export function nextAt(expression: string, after: number): number | undefined {
  const [, kind, given = ""] = /^(at|rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === "at") {
    const at = Date.parse(`${given}Z`);
    if (Number.isNaN(at)) throw invalid(expression);
    return at > after ? at : undefined;
  }
  if (kind === "rate") {
    const [, count, unit = ""] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(given) ?? [];
    if (count === undefined) throw invalid(expression);
    return after + Number(count) * (unitMs[unit] as number);
  }
  if (kind === "cron") return nextOf(cronOf(given, expression), after);
  throw invalid(expression);
}

type Field = (value: number) => boolean;

interface Cron {
  readonly minute: Field;
  readonly hour: Field;
  readonly date: Field;
  readonly month: Field;
  /** 1 is Sunday. */
  readonly weekday: Field;
  readonly year: Field;
}

const months = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const weekdays = "SUN MON TUE WED THU FRI SAT".split(" ");

function cronOf(given: string, expression: string): Cron {
  const parts = given.trim().split(/\s+/);
  if (parts.length !== 6 || (parts[2] === "?") === (parts[4] === "?")) throw invalid(expression);
  if (parts.some((part) => /[LW#]/.test(part.replace(/[A-Z]{3}/g, ""))))
    throw awsError("ValidationException", `The sandbox knows no L, W and # of ${expression}`);
  const field = (at: number, least: number, most: number, words: readonly string[] = []): Field => {
    const items = (parts[at] ?? "").split(",").map((item) => itemOf(item, least, most, words));
    if (items.includes(undefined)) throw invalid(expression);
    return (value) => items.some((item) => item?.(value));
  };
  return {
    ...{ minute: field(0, 0, 59), hour: field(1, 0, 23), date: field(2, 1, 31), month: field(3, 1, 12, months) },
    ...{ weekday: field(4, 1, 7, weekdays), year: field(5, 1970, 2199) },
  };
}

function itemOf(item: string, least: number, most: number, words: readonly string[]): Field | undefined {
  const [range = "", step = "1"] = item.split("/");
  const numberOf = (text: string) => (words.includes(text) ? least + words.indexOf(text) : Number(text));
  const every = range === "*" || range === "?";
  const [first, last] = every ? [least, most] : range.split("-").map(numberOf);
  const from = first ?? Number.NaN;
  // A value with a step goes on to the end, one without is itself.
  const to = last ?? (item.includes("/") ? most : from);
  if (!(from >= least && to <= most && from <= to && Number(step) >= 1)) return undefined;
  return (value) => value >= from && value <= to && (value - from) % Number(step) === 0;
}

function nextOf(cron: Cron, after: number): number | undefined {
  const first = Math.floor(after / 60_000) * 60_000 + 60_000;
  for (let day = 0; day < mostDays; day += 1) {
    const start = Math.floor(first / dayMs) * dayMs + day * dayMs;
    const date = new Date(start);
    const fits =
      cron.year(date.getUTCFullYear()) &&
      cron.month(date.getUTCMonth() + 1) &&
      cron.date(date.getUTCDate()) &&
      cron.weekday(date.getUTCDay() + 1);
    if (!fits) continue;
    for (let at = Math.max(start, first); at < start + dayMs; at += 60_000) {
      const minutes = (at - start) / 60_000;
      if (cron.hour(Math.floor(minutes / 60)) && cron.minute(minutes % 60)) return at;
    }
  }
  return undefined;
}

function invalid(expression: string) {
  return awsError("ValidationException", `Invalid Schedule Expression ${expression}.`);
}
