import { inRange } from "./addresses.ts";
import type { Condition } from "./document.ts";
import { arnMatches, asText, globMatches, meant } from "./glob.ts";

/** The keys of a request, in lower case, each with its value, or several for a multivalued key. */
export type Context = ReadonlyMap<string, string | readonly string[]>;

type Compare = (have: string, want: string) => boolean;

/** IAM, "Condition operators": how one value of a request compares with one of the policy. */
const positive: Readonly<Record<string, Compare>> = {
  stringequals: (have, want) => have === want,
  stringequalsignorecase: (have, want) => have.toLowerCase() === want.toLowerCase(),
  stringlike: (have, want) => globMatches(want, have),
  numericequals: numbers((have, want) => have === want),
  numericlessthan: numbers((have, want) => have < want),
  numericlessthanequals: numbers((have, want) => have <= want),
  numericgreaterthan: numbers((have, want) => have > want),
  numericgreaterthanequals: numbers((have, want) => have >= want),
  dateequals: dates((have, want) => have === want),
  datelessthan: dates((have, want) => have < want),
  datelessthanequals: dates((have, want) => have <= want),
  dategreaterthan: dates((have, want) => have > want),
  dategreaterthanequals: dates((have, want) => have >= want),
  bool: (have, want) => have.toLowerCase() === want.toLowerCase(),
  binaryequals: (have, want) => have === want,
  ipaddress: (have, want) => inRange(have, want),
  arnequals: (have, want) => arnMatches(want, have),
  arnlike: (have, want) => arnMatches(want, have),
};

const negated: Readonly<Record<string, string>> = {
  stringnotequals: "stringequals",
  stringnotequalsignorecase: "stringequalsignorecase",
  stringnotlike: "stringlike",
  numericnotequals: "numericequals",
  datenotequals: "dateequals",
  notipaddress: "ipaddress",
  arnnotequals: "arnequals",
  arnnotlike: "arnlike",
};

export interface Operator {
  readonly set: "forallvalues" | "foranyvalue" | undefined;
  /** Without prefix and suffix, in lower case; of a negated operator, the one it negates. */
  readonly base: string;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly compare: Compare | undefined;
}

/** Takes an operator apart; `compare` is undefined for `Null` and for one IAM does not have. */
export function readOperator(text: string): Operator {
  const parts = /^(?:(forallvalues|foranyvalue):)?(.*?)(ifexists)?$/.exec(text.toLowerCase());
  const [, set, name = "", ifExists] = parts ?? [];
  const base = negated[name] ?? name;
  return {
    set: set as Operator["set"],
    base,
    negated: name in negated,
    ifExists: ifExists !== undefined,
    compare: positive[base],
  };
}

/** Whether a condition holds for a request: one IAM would not understand never does. */
export function conditionHolds({ operator, key, values }: Condition, context: Context): boolean {
  const { set, base, negated: not, ifExists, compare } = readOperator(operator);
  const given = context.get(key.toLowerCase());
  if (base === "null") return values.some((value) => (value.toLowerCase() === "true") === (given === undefined));
  if (compare === undefined) return false;
  const byPattern = base === "stringlike" || base.startsWith("arn");
  const wanted = values.flatMap((value) => {
    const filled = substituted(value, context);
    return filled === undefined ? [] : [byPattern ? filled : asText(filled)];
  });
  // What must not be equal to something that cannot be told is not known to differ from it.
  const untold = not && wanted.length < values.length;
  const fits = (have: string) => !untold && wanted.some((want) => compare(have, want)) !== not;
  const list = given === undefined ? [] : typeof given === "string" ? [given] : given;
  if (set === "forallvalues") return list.every(fits);
  if (given === undefined) return ifExists || (not && set === undefined);
  if (set === "foranyvalue") return list.some(fits);
  return not ? list.every(fits) : list.some(fits);
}

export function conditionsHold(conditions: readonly Condition[], context: Context): boolean {
  return conditions.every((condition) => conditionHolds(condition, context));
}

/**
 * A policy's value with its variables filled in (IAM, "Policy variables"); undefined when the request has none of a key
 * and the variable no default.
 */
export function substituted(value: string, context: Context): string | undefined {
  if (!value.includes("${")) return value;
  let missing = false;
  const text = value.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const itself = meant[inner];
    if (itself !== undefined) return itself;
    const [, key = "", fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inner) ?? [];
    const found = context.get(key.toLowerCase());
    const text = typeof found === "string" ? found : fallback;
    if (text === undefined) missing = true;
    return text ?? "";
  });
  return missing ? undefined : text;
}

function numbers(compare: (have: number, want: number) => boolean): Compare {
  return (have, want) => {
    const [a, b] = [Number(have), Number(want)];
    return have.trim() !== "" && want.trim() !== "" && !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
  };
}

/** ISO 8601, or seconds since 1970. */
function dates(compare: (have: number, want: number) => boolean): Compare {
  return (have, want) => {
    const [a, b] = [instant(have), instant(want)];
    return !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
  };
}

function instant(text: string): number {
  return /^-?\d+$/.test(text) && text.length > 4 ? Number(text) * 1000 : Date.parse(text);
}
