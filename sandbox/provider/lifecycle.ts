/** What every row has in common: checking inputs, telling changes, and turning a row's calls into resource states. */
import { createHash, randomBytes } from "node:crypto";
import type { AnyRow, Context, Tags } from "./row.ts";
import { type Bag, type Comparison, compact, copyPath, hasUnknown, isBag, same, satisfies, UNKNOWN } from "./values.ts";

/** Where Pulumi's Terraform-based providers note which inputs they filled in. */
const DEFAULTS = "__defaults";

export interface Settings {
  readonly region: string;
  readonly defaultTags: Tags;
}

export interface Checked {
  readonly inputs: Bag;
  readonly failures: { property: string; reason: string }[];
}

const knownInputs = (row: AnyRow): string[] => [...(row.update ?? []), ...(row.replace ?? []), "region"] as string[];

export function checkInputs(
  row: AnyRow,
  resource: { type: string; name: string; seed?: Uint8Array },
  olds: Bag,
  news: Bag,
  settings: Settings,
): Checked {
  const given = compact(news);
  delete given[DEFAULTS];
  const failures: Checked["failures"] = [];
  const known = new Set([...knownInputs(row), ...(row.tag ? ["tags", "tagsAll"] : [])]);
  for (const property of Object.keys(given).filter((key) => !known.has(key))) {
    const reason = `the sandbox's stand-in for ${resource.type} does not implement the input "${property}"`;
    failures.push({ property, reason });
  }
  for (const property of (row.required ?? []) as string[]) {
    if (given[property] === undefined) failures.push({ property, reason: `Missing required property '${property}'` });
  }
  const defaults = Object.fromEntries(Object.entries(row.defaults ?? {}).filter(([key]) => given[key] === undefined));
  if (row.autoName && given[row.autoName.key] === undefined) {
    const { key, max } = row.autoName;
    const name = automaticName(row.autoName, resource, olds);
    defaults[key] = name;
    // As the bridge of the real plugin words it.
    if (typeof name === "string" && name.length > max) {
      const reason = `name '${name.slice(0, -7)}' plus 7 random chars is longer than maximum length ${max}`;
      failures.push({ property: key, reason });
    }
  }
  const filled: Bag = { ...given, ...defaults };
  const refused = failures.length === 0 && !hasUnknown(filled) ? row.check?.(filled) : undefined;
  if (refused) failures.push(refused);
  const inputs = row.normalise && !hasUnknown(filled) ? compact(row.normalise(filled) as Bag) : filled;
  if (row.tag) inputs["tagsAll"] = allTags(given["tags"], settings.defaultTags);
  return { inputs: { ...inputs, [DEFAULTS]: Object.keys(defaults) }, failures };
}

function allTags(tags: unknown, defaultTags: Tags): unknown {
  return hasUnknown(tags) ? UNKNOWN : { ...defaultTags, ...(tags as Tags | undefined) };
}

function automaticName(
  { key, lower, prefix = "" }: NonNullable<AnyRow["autoName"]>,
  resource: { name: string; seed?: Uint8Array },
  olds: Bag,
): unknown {
  if (isAutomatic(olds, key)) return olds[key];
  const random = resource.seed?.length ? createHash("sha256").update(resource.seed).digest() : randomBytes(4);
  const suffix = `-${random.toString("hex").slice(0, 7)}`;
  return `${prefix}${lower ? resource.name.toLowerCase() : resource.name}${suffix}`;
}

const isAutomatic = (inputs: Bag, key: string): boolean =>
  Array.isArray(inputs[DEFAULTS]) && inputs[DEFAULTS].includes(key) && inputs[key] !== undefined;

export type ChangeKind = "add" | "delete" | "update";
export interface Difference {
  readonly changes: ReadonlyMap<string, { readonly kind: ChangeKind; readonly replace: boolean }>;
  readonly deleteBeforeReplace: boolean;
  /** The new inputs, with ignored properties as they are. */
  readonly desired: Bag;
}

/** Compares what is wanted with what is there (the state, which a refresh keeps true), not with what was wanted before. */
export function difference(
  row: AnyRow,
  state: Bag,
  oldInputs: Bag,
  news: Bag,
  ignored: readonly string[] = [],
): Difference {
  const desired = structuredClone(news);
  for (const path of ignored) copyPath(path.includes("*") ? (path.split(/[.[]/)[0] ?? path) : path, state, desired);
  const changes = new Map<string, { kind: ChangeKind; replace: boolean }>();
  const replace = new Set<string>([...(row.replace ?? []), "region"] as string[]);
  for (const key of new Set([...knownInputs(row), ...(row.tag ? ["tagsAll"] : [])])) {
    const kind = changeOf(row, key, state, oldInputs, desired);
    if (kind) changes.set(key, { kind, replace: replace.has(key) });
  }
  const name = row.autoName?.key;
  const fixedName = name !== undefined && !isAutomatic(news, name) && same(state[name], desired[name]);
  return { changes, desired, deleteBeforeReplace: row.deleteBeforeReplace === true || fixedName };
}

function changeOf(row: AnyRow, key: string, state: Bag, oldInputs: Bag, desired: Bag): ChangeKind | undefined {
  const wanted = desired[key];
  const known = state[key] !== undefined || oldInputs[key] !== undefined;
  if (hasUnknown(wanted)) return known ? "update" : "add";
  const how = orderOf(row, key);
  if (wanted === undefined) return same(oldInputs[key], undefined) ? undefined : "delete";
  const holds = isAsWanted(row, key, state[key], wanted, how);
  if (holds && !dropped(oldInputs[key], wanted, state[key])) return undefined;
  return known ? "update" : "add";
}

function isAsWanted(row: AnyRow, key: string, there: unknown, wanted: unknown, how: Comparison): boolean {
  const equal = row.equal?.[key];
  if (equal && there !== undefined && wanted !== undefined) return equal(there, wanted);
  const exact = key === "tags" || key === "tagsAll" || row.exact?.includes(key);
  return exact ? same(there, wanted, how) : satisfies(there, wanted, how);
}

/** Whether a nested entry that was once asked for no longer is, and is still there. */
function dropped(before: unknown, wanted: unknown, there: unknown): boolean {
  if (Array.isArray(before) && Array.isArray(wanted) && Array.isArray(there)) {
    return before.length === wanted.length && before.some((item, index) => dropped(item, wanted[index], there[index]));
  }
  if (!isBag(before) || !isBag(wanted) || !isBag(there)) return false;
  return Object.keys(before).some((key) =>
    wanted[key] === undefined
      ? !same(before[key], undefined) && same(before[key], there[key])
      : dropped(before[key], wanted[key], there[key]),
  );
}

/** The state a preview of a creation shows: inputs as they are, what AWS decides as unknown. */
export function previewCreate(row: AnyRow, inputs: Bag, settings: Settings): Bag {
  // The real plugin's resources have their id among their outputs: policies tell them apart by it.
  const state: Bag = { region: settings.region, ...withoutDefaults(inputs), id: UNKNOWN };
  for (const key of (row.computed ?? []) as string[]) state[key] ??= UNKNOWN;
  return state;
}

/** The state a preview of an update shows. */
export function previewUpdate(row: AnyRow, state: Bag, oldInputs: Bag, { desired, changes }: Difference): Bag {
  const next: Bag = { ...state, ...withoutDefaults(desired) };
  for (const key of Object.keys(oldInputs)) if (desired[key] === undefined) delete next[key];
  if (changes.size > 0) for (const key of (row.recomputed ?? []) as string[]) next[key] = UNKNOWN;
  return next;
}

/** The state after reading: what AWS says, in the words the program used where both mean the same. */
export function settle(row: AnyRow, before: Bag, found: Bag, settings: Settings): Bag {
  const state: Bag = { region: settings.region, ...withoutDefaults(before) };
  for (const [key, value] of Object.entries(found)) {
    if (before[key] === undefined || !isAlike(row, key, before[key], value)) state[key] = value;
  }
  if (row.tag) {
    const own = (before["tags"] ?? {}) as Tags;
    const all = (found["tagsAll"] ?? {}) as Tags;
    const isOwn = ([key, value]: [string, string]) => key in own || settings.defaultTags[key] !== value;
    state["tagsAll"] = all;
    state["tags"] = Object.fromEntries(Object.entries(all).filter(isOwn));
  }
  return compact(state);
}

function isAlike(row: AnyRow, key: string, before: unknown, value: unknown): boolean {
  const equal = row.equal?.[key];
  if (equal) return equal(before, value);
  return (typeof value === "string" || Array.isArray(value)) && same(before, value, orderOf(row, key));
}

const orderOf = (row: AnyRow, key: string): Comparison => ({ ordered: row.ordered?.includes(key) === true });

/**
 * The inputs that would lead to this state: the ones given, except where what is there has drifted from them. What the
 * program leaves to AWS is never drift here, where the real provider may call it that.
 */
export function inputsFrom(row: AnyRow, state: Bag, given: Bag | undefined, { region }: Settings): Bag {
  if (given === undefined || Object.keys(given).length === 0) {
    // Of a resource in the provider's own region no program says one: it would be taken to another.
    const own = (key: string) => key === "region" && state[key] === region;
    const keys = [...knownInputs(row), ...(row.tag ? ["tags", "tagsAll"] : [])].filter((key) => !own(key));
    const present = keys.filter((key) => !same(state[key], undefined)).map((key) => [key, state[key]]);
    return { ...Object.fromEntries(present), [DEFAULTS]: [] };
  }
  const entries = Object.entries(given).map(([key, value]) => {
    const holds = key === DEFAULTS || isAsWanted(row, key, state[key], value, orderOf(row, key));
    return [key, holds ? value : state[key]];
  });
  return compact(Object.fromEntries(entries));
}

export async function applyChange(row: AnyRow, id: string, state: Bag, change: Difference, aws: Context): Promise<Bag> {
  const { changes, desired } = change;
  if (row.tag && changes.has("tagsAll")) {
    const removed = Object.keys((state["tagsAll"] ?? {}) as Tags).filter((key) => !(key in aws.tags));
    if (removed.length > 0) await row.untag?.(id, removed, aws, state);
    if (Object.keys(aws.tags).length > 0) await row.tag(id, aws.tags, aws, state);
  }
  if (row.write && [...changes.keys()].some((key) => key !== "tagsAll")) {
    const changed = (...keys: PropertyKey[]) => keys.some((key) => changes.has(String(key)));
    return (await row.write(id, withoutDefaults(desired), aws, { old: state, changed })) ?? {};
  }
  return {};
}

export function withoutDefaults(inputs: Bag): Bag {
  const { [DEFAULTS]: _, ...rest } = inputs;
  return rest;
}
