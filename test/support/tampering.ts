import * as fc from "fast-check";

/** What a hand, or another version, may leave where a value was; undefined takes it away. */
export const leftovers: readonly unknown[] = [
  ...[undefined, null, 0, -1, 1.5, 1e300, 2 ** 53, true, false, "", "x", "__proto__", "9".repeat(40)],
  ...[[], {}, [null], { x: 1 }, [[]], "null", "[]", "{}", "{"],
];

/** Where one value of an item is: the keys down to it, in a field that holds JSON as text inside that. */
export type Place = readonly string[];

/** Every place of an item, but those of its key. */
export function placesOf(value: unknown, at: Place = []): readonly Place[] {
  const inner = opened(value);
  if (typeof inner !== "object" || inner === null) return at.length === 0 ? [] : [at];
  const below = Object.entries(inner).flatMap(([key, each]) =>
    at.length === 0 && ["stack", "item"].includes(key) ? [] : placesOf(each, [...at, key]),
  );
  return at.length === 0 ? below : [at, ...below];
}

/** The item with something else at one place of it. */
export function tampered<T>(value: T, [key, ...rest]: Place, leftover: unknown): T {
  if (key === undefined) return leftover as T;
  const isText = typeof value === "string";
  const inner = opened(value) as Record<string, unknown>;
  const copy: Record<string, unknown> = Array.isArray(inner) ? ([...inner] as never) : { ...inner };
  const now = tampered(inner[key], rest, leftover);
  if (now === undefined) delete copy[key];
  else copy[key] = now;
  return (isText ? JSON.stringify(copy) : copy) as T;
}

function opened(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** One place of an item, and what is left there. */
export function tamperings(item: unknown): fc.Arbitrary<readonly [Place, unknown]> {
  return fc.tuple(fc.constantFrom(...placesOf(item)), fc.constantFrom(...leftovers));
}
