/** Values as Pulumi's protocols carry them: unknowns, secrets, and what counts as the same value to AWS. */
import { isDeepStrictEqual } from "node:util";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";

export type Value = unknown;
export type Bag = Record<string, unknown>;

export const UNKNOWN = unknownValue;

export function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isBag(value) && Object.values(value).some(hasUnknown);
}

const isSecret = (value: unknown): value is Bag => isBag(value) && value[specialSigKey] === specialSecretSig;

export function secret(value: unknown): unknown {
  return isSecret(value) ? value : { [specialSigKey]: specialSecretSig, value };
}

export function hasSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(hasSecret);
  return isBag(value) && Object.values(value).some(hasSecret);
}

/** The value with every secret's wrapping taken off. */
export function plain<T>(value: T): T;
export function plain(value: unknown): unknown {
  if (isSecret(value)) return plain(value["value"]);
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (!isBag(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** `value` with the secrets of `like`, a value of the same shape, marked again. */
export function markSecrets(value: unknown, like: unknown): unknown {
  if (value === undefined) return undefined;
  if (isSecret(like)) return secret(value);
  if (Array.isArray(value) && Array.isArray(like)) return value.map((item, index) => markSecrets(item, like[index]));
  if (!isBag(value) || !isBag(like)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markSecrets(item, like[key])]));
}

/** A resource's state with the secrets of its inputs: a property that has changed its shape is secret as a whole. */
export function markState(state: Bag, like: Bag): Bag {
  const mark = (value: unknown, hint: unknown) => {
    if (!hasSecret(hint)) return value;
    return isDeepStrictEqual(plain(hint), value) ? hint : secret(value);
  };
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, mark(value, like[key])]));
}

/** AWS and Terraform treat an unset value and the type's zero value alike. */
const isZero = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (isBag(value) && Object.values(value).every(isZero));

export interface Comparison {
  /** Whether arrays' order matters. By default they are sets, as nearly all of AWS's are. */
  readonly ordered?: boolean;
}

/**
 * Whether the actual value is what is desired. Where the desired value is silent the actual one may say more: AWS fills
 * in defaults. Arrays have the same length; JSON documents are compared by meaning.
 */
export function satisfies(actual: unknown, desired: unknown, how: Comparison = {}): boolean {
  if (isZero(desired) && isZero(actual)) return true;
  if (Array.isArray(desired)) {
    if (!Array.isArray(actual) || actual.length !== desired.length) return false;
    if (how.ordered) return desired.every((item, index) => satisfies(actual[index], item, how));
    const left = [...actual];
    return desired.every((item) => {
      const match = left.findIndex((candidate) => satisfies(candidate, item, how));
      if (match >= 0) left.splice(match, 1);
      return match >= 0;
    });
  }
  if (isBag(desired)) {
    return isBag(actual) && Object.keys(desired).every((key) => satisfies(actual[key], desired[key], how));
  }
  if (isZero(desired) !== isZero(actual)) return false;
  return String(actual) === String(desired) || sameJson(actual, desired);
}

/** Same in both directions: neither value says anything that the other does not. */
export function same(left: unknown, right: unknown, how: Comparison = {}): boolean {
  return satisfies(left, right, how) && satisfies(right, left, how);
}

function sameJson(left: unknown, right: unknown): boolean {
  const [a, b] = [parseDocument(left), parseDocument(right)];
  return a !== undefined && b !== undefined && isDeepStrictEqual(canonical(a), canonical(b));
}

function parseDocument(text: unknown): unknown {
  if (typeof text !== "string" || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An IAM policy in one form: a list of one is that one, and lists of strings are sets. Other documents as they are. */
function canonical(value: unknown, isPolicy = isBag(value) && "Statement" in value): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, isPolicy));
    if (!isPolicy) return items;
    if (items.length === 1) return items[0];
    return items.every((item) => typeof item === "string") ? items.sort() : items;
  }
  if (!isBag(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, canonical(item, isPolicy)]));
}

/** Without entries that are undefined or null: neither exists in a Pulumi property bag. */
export function compact(bag: Bag): Bag {
  return Object.fromEntries(Object.entries(bag).filter(([, value]) => value !== undefined && value !== null));
}

/** As `compact`, at every depth: what Pulumi's protocols can carry. */
export function carriable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => carriable(item ?? null));
  if (!isBag(value)) return value;
  const present = Object.entries(compact(value));
  return Object.fromEntries(present.map(([key, item]) => [key, carriable(item)]));
}

/** Sets (or, with undefined, removes) the value at a property path like `rules[0].actions.type`; missing parents are left alone. */
export function copyPath(path: string, from: Bag, to: Bag): void {
  const keys = path.split(/[.[\]"]+/).filter((key) => key !== "");
  const last = keys.pop();
  if (last === undefined) return;
  let [source, target]: [unknown, unknown] = [from, to];
  for (const key of keys) {
    source = isBag(source) || Array.isArray(source) ? (source as Bag)[key] : undefined;
    target = isBag(target) || Array.isArray(target) ? (target as Bag)[key] : undefined;
  }
  if (!isBag(target) && !Array.isArray(target)) return;
  const value = isBag(source) || Array.isArray(source) ? (source as Bag)[last] : undefined;
  if (value === undefined) delete (target as Bag)[last];
  else (target as Bag)[last] = structuredClone(value);
}
