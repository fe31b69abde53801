/** What a refresh says of a resource, as differences between what is recorded and what is live. Values are never secret. */
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";

export interface PropertyDifference {
  /** Such as `lifecycle.rules[0].id`. */
  readonly path: string;
  /** Value the last update left; absent when there was none. */
  readonly recorded?: unknown;
  /** Value in the account; absent when there is none. */
  readonly live?: unknown;
}

export interface Difference {
  readonly urn: string;
  readonly type: string;
  readonly op: "update" | "delete";
  readonly properties: readonly PropertyDifference[];
}

/** How a secret is written; nothing else is said of it. */
const secret = "[secret]";
/** Pulumi's mark of a value in its events that is not what it seems, and what it says of secrets. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

type Metadata = NonNullable<EngineEvent["resOutputsEvent"]>["metadata"];
type Bag = Readonly<Record<string, unknown>>;

/** The difference an event of a refresh tells. Resources that the program only reads are none of its own. */
export function differenceOf(event: EngineEvent): Difference | undefined {
  const meta = event.resOutputsEvent?.metadata;
  if (!meta || (meta as { old?: { external?: boolean } }).old?.external) return undefined;
  const { urn, type, op } = meta;
  if (op === "delete") return { urn, type, op, properties: [] };
  return op === "update" ? { urn, type, op, properties: propertiesOf(meta) } : undefined;
}

/** By the provider's word where it says which properties differ, else by comparing what was asked for with what is. */
function propertiesOf({ old, new: now, diffs = [], detailedDiff }: Metadata): readonly PropertyDifference[] {
  const [asked, live] = [{ ...old?.inputs }, { ...now?.inputs }];
  const told = Object.keys(detailedDiff ?? {});
  const paths = told.length > 0 ? told : diffs.length > 0 ? diffs : Object.keys({ ...asked, ...live });
  const seen = [old?.inputs, old?.outputs, now?.inputs, now?.outputs];
  return paths
    .filter((path) => !path.startsWith("__"))
    .flatMap((path): readonly PropertyDifference[] => {
      const steps = stepsOf(path);
      const hints = seen.map((bag) => bag ?? {});
      if (hints.some((bag) => isSecretAt(bag, steps))) return [{ path, recorded: secret, live: secret }];
      const byInputs = detailedDiff?.[path]?.inputDiff ?? told.length === 0;
      const sides = byInputs ? [asked, live] : [old?.outputs, now?.outputs];
      const [recorded, found] = sides.map((bag) => valueAt(bag, steps));
      if (!isDeepStrictEqual(recorded, found)) return compare(path, recorded, found);
      if (told.length === 0) return [];
      const [wanted, there] = [valueAt(asked, steps), valueAt(now?.outputs, steps)];
      return [{ path, ...(wanted !== undefined && { recorded: wanted }), ...(there !== undefined && { live: there }) }];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Each innermost difference by itself. */
function compare(path: string, recorded: unknown, live: unknown): readonly PropertyDifference[] {
  const [before, after] = [document(recorded), document(live)];
  if (isDeepStrictEqual(before, after)) return [];
  if (isBag(before) && isBag(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compare(join(path, key), before[key], after[key]));
  }
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(path, before, after);
  return [{ path, ...(recorded !== undefined && { recorded }), ...(live !== undefined && { live }) }];
}

/** Nearly all of AWS's lists are sets: entries that are on both sides do not differ, wherever they stand. */
function compareLists(path: string, before: readonly unknown[], after: readonly unknown[]) {
  const extra = new Map(after.entries());
  const missing = new Map(before.entries());
  for (const [at, entry] of before.entries()) {
    const same = [...extra].find(([, other]) => isDeepStrictEqual(other, entry));
    if (!same) continue;
    extra.delete(same[0]);
    missing.delete(at);
  }
  const pairs = [...missing].map(([at, lost], i) => ({ at, lost, found: [...extra.values()][i] }));
  if (missing.size === extra.size && missing.size > 0 && pairs.every(({ lost, found }) => isBag(lost) && isBag(found)))
    return pairs.flatMap(({ at, lost, found }) => compare(`${path}[${at}]`, lost, found));
  if (missing.size === 0 && extra.size === 0) return [{ path, recorded: before, live: after }];
  const [recorded, live] = [[...missing.values()], [...extra.values()]];
  return [{ path, ...(recorded.length > 0 && { recorded }), ...(live.length > 0 && { live }) }];
}

/** A JSON document in a property, such as a policy, is compared by what it says. */
function document(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSecret(value: unknown): boolean {
  return isBag(value) && value[signature] === secretSignature;
}

function containsSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(containsSecret);
}

/** Whether what is at the path, holds it or is in it is secret. */
function isSecretAt(bag: Bag, steps: readonly string[]): boolean {
  let value: unknown = bag;
  for (const step of steps) {
    if (isSecret(value)) return true;
    value = stepInto(value, step);
  }
  return containsSecret(value);
}

/** What an update or a replacement changes at a path; undefined where the values are the same. */
export function plannedDifference(
  path: string,
  before: Bag | undefined,
  after: Bag | undefined,
): PropertyDifference | undefined {
  const steps = stepsOf(path);
  if ([before, after].some((bag) => bag !== undefined && isSecretAt(bag, steps)))
    return { path, recorded: secret, live: secret };
  const [recorded, live] = [valueAt(before, steps), valueAt(after, steps)];
  if (recorded === undefined && live === undefined) return undefined;
  return { path, ...(recorded !== undefined && { recorded }), ...(live !== undefined && { live }) };
}

function valueAt(bag: Bag | undefined, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(stepInto, bag);
}

function stepInto(value: unknown, step: string): unknown {
  return typeof value === "object" && value !== null ? (value as Bag)[step] : undefined;
}

/** The keys of a property path such as `tags["a.b"].list[0]`. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "",
  );
}

function join(path: string, key: string): string {
  return /[.[\]"]/.test(key) ? `${path}[${JSON.stringify(key)}]` : `${path}.${key}`;
}

const longest = 60;

/** `imageTagMutability  "IMMUTABLE" → "MUTABLE"`; of long values the part that differs. */
export function differenceLine({ path, recorded, live }: PropertyDifference): string {
  const [before, after] = [textOf(recorded), textOf(live)];
  if (before === secret) return `${path}  ${secret} → ${secret}`;
  const start = Math.max(0, commonStart(before, after) - 15);
  return `${path}  ${shorten(before, start)} → ${shorten(after, start)}`;
}

function textOf(value: unknown): string {
  if (value === undefined) return "(none)";
  return value === secret ? secret : JSON.stringify(value);
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function shorten(text: string, start: number): string {
  if (text.length <= longest) return text;
  const part = text.slice(start, start + longest);
  return `${start > 0 ? "…" : ""}${part}${start + longest < text.length ? "…" : ""}`;
}
