/** What stands in a pattern for a star, question mark or dollar that is meant as itself: `${*}`, `${?}`, `${$}`. */
export const meant: Readonly<Record<string, string>> = { "*": "\uE000", "?": "\uE001", $: "$" };
const literal: Readonly<Record<string, string>> = { "\uE000": "*", "\uE001": "?" };

/**
 * Whether an IAM pattern (`*` any run of characters, `?` any one) matches a whole text. In time of the product of both
 * lengths at worst: only the last star is ever tried again.
 */
export function globMatches(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p;
      mark = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || same(pattern[p] as string, text[t]))) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}

function same(wanted: string, have: string | undefined): boolean {
  return (literal[wanted] ?? wanted) === have;
}

/** A pattern without wildcards as the text it means. */
export function asText(pattern: string): string {
  return pattern.replace(/[\uE000\uE001]/g, (one) => literal[one] ?? one);
}

export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/**
 * Whether an ARN pattern matches an ARN: each of the six parts by itself, so that no star reaches over a colon of the
 * first five (IAM, "Amazon Resource Name condition operators"); a star alone is every ARN.
 */
export function arnMatches(pattern: string, arn: string): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const [want, have] = [arnParts(pattern), arnParts(arn)];
  if (want === undefined || have === undefined) return false;
  return want.every((part, index) => globMatches(part, have[index] as string));
}

/** The six parts of an ARN or ARN pattern; undefined when there are fewer. */
export function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
