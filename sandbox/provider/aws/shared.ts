/** Helpers the rows of several services share. */
import type { Tags } from "../row.ts";
import { type Bag, isBag } from "../values.ts";

interface KeyValue {
  Key?: string | undefined;
  Value?: string | undefined;
}

export const tagList = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** AWS's own `aws:` tags are not the program's. */
export function tagRecord(list: readonly KeyValue[] | undefined): Tags {
  const own = (list ?? []).filter(({ Key }) => Key !== undefined && !Key.startsWith("aws:"));
  return Object.fromEntries(own.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

const renamed = (value: unknown, rename: (key: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isBag(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .map(([key, item]) => [rename(key), renamed(item, rename)]),
  );
};

/** Nested blocks whose Pulumi names are AWS's but for the first letter's case, for AWS … */
export function pascal<T>(value: unknown): T {
  return renamed(value, (key) => key.charAt(0).toUpperCase() + key.slice(1)) as T;
}

/** … and back. */
export function camel<T>(value: unknown): T {
  return renamed(value, (key) => key.charAt(0).toLowerCase() + key.slice(1)) as T;
}

/** `to` as against `from`: what to add and what to remove. */
export function delta<T>(from: readonly T[] | undefined, to: readonly T[] | undefined): { added: T[]; removed: T[] } {
  return {
    added: (to ?? []).filter((item) => !(from ?? []).includes(item)),
    removed: (from ?? []).filter((item) => !(to ?? []).includes(item)),
  };
}

export const first = <T>(list: readonly T[] | undefined): T | undefined => list?.[0];

/** A part of an answer AWS documents as always present. */
export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`AWS's answer lacks ${what}`);
  return value;
}

/** A policy document: some services answer it URL-encoded. */
export const document = (text: string | undefined): string | undefined =>
  text?.startsWith("%7B") ? decodeURIComponent(text) : text;

/** Policies may be given as objects or as text. */
export const asJson = (policy: unknown): string => (typeof policy === "string" ? policy : JSON.stringify(policy));

export const pick = <T extends object>(from: T, ...keys: (keyof T)[]): Bag =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

/** Every page of a list whose API hands out a NextToken as long as there is another. */
export async function* pagesOf<P extends { readonly NextToken?: string | undefined }>(
  ask: (NextToken: string | undefined) => Promise<P>,
): AsyncGenerator<P> {
  let next: string | undefined;
  do {
    const page = await ask(next);
    yield page;
    next = page.NextToken;
  } while (next !== undefined);
}
