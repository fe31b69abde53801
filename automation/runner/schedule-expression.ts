/** What EventBridge Scheduler takes as a schedule expression (EventBridge Scheduler user guide, "Schedule types"). */

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Words for its numbers, from the least one. */
  readonly words?: readonly string[];
  /** What it may be beside lists, ranges and steps. */
  readonly special?: RegExp;
}

const fields: readonly Field[] = [
  { name: "minutes", least: 0, most: 59 },
  { name: "hours", least: 0, most: 23 },
  { name: "day of month", least: 1, most: 31, special: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { name: "month", least: 1, most: 12, words: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
  {
    ...{ name: "day of week", least: 1, most: 7, words: "SUN MON TUE WED THU FRI SAT".split(" ") },
    special: /^(\?|L|[1-7]L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$/,
  },
  { name: "year", least: 1970, most: 2199 },
];

/**
 * What is wrong with `at(…)`, `rate(…)` or `cron(…)`; undefined for what AWS takes. Times are UTC.
 *
 * @param now milliseconds since the epoch: what is once must be later
 */
export function expressionProblem(expression: string, now: number): string | undefined {
  const [, kind, given = ""] = /^(at|rate|cron)\(([^()]*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case "at":
      return momentProblem(given, now);
    case "rate":
      return rateProblem(given);
    case "cron":
      return cronProblem(given);
    default:
      return "it is none of at(…), rate(…) and cron(…)";
  }
}

function momentProblem(given: string, now: number): string | undefined {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(given) ? Date.parse(`${given}Z`) : Number.NaN;
  // A day that its month has not is another one to JavaScript.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== given)
    return `"${given}" is no moment such as 2030-01-31T06:00:00`;
  return at > now ? undefined : `${given} UTC is over`;
}

function rateProblem(given: string): string | undefined {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4}) (minute|hour|day)s?$/.exec(given) ?? [];
  if (unit === "") return `"${given}" is no rate such as 30 minutes`;
  const plural = given.endsWith("s");
  if ((count === "1") === plural) return `"${given}" has to be ${count} ${unit}${plural ? "" : "s"}`;
  return undefined;
}

function cronProblem(given: string): string | undefined {
  const parts = given.trim().split(/\s+/);
  if (parts.length !== fields.length)
    return `a cron expression has ${fields.length} fields: ${fields.map(({ name }) => name).join(", ")}`;
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? "";
    if (!fits(part, field)) return `"${part}" is not for the ${field.name}`;
  }
  // Both together would be an "or" to some and an "and" to others: AWS takes neither.
  if ((parts[2] === "?") === (parts[4] === "?")) return "one of day of month and day of week has to be ?, and not both";
  return undefined;
}

function fits(part: string, field: Field): boolean {
  if (field.special?.test(part)) return true;
  return part.split(",").every((item) => {
    const [, range = "", step] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
    if (step !== undefined && Number(step) < 1) return false;
    if (range === "*") return true;
    const ends = range.split("-").map((text) => numberOf(text, field));
    const [from] = ends;
    const to = ends.at(-1);
    return ends.length <= 2 && from !== undefined && to !== undefined && from <= to;
  });
}

function numberOf(text: string, { least, most, words = [] }: Field): number | undefined {
  const word = words.indexOf(text);
  const value = word >= 0 ? least + word : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
