import { EngineError } from "./errors.ts";
import { isObject, isSecret, type Properties, type Value } from "./values.ts";

/** One step into a property: a key, an index, or "*" for all of them. */
export type PathStep = string | number;

/** Parses a Pulumi property path: `a.b[0]["c d"].*`. */
export function parsePath(text: string): PathStep[] {
  const steps: PathStep[] = [];
  const pattern = /\.?(?:\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[\*\]|([^.[\]]+))/gy;
  let end = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    end = pattern.lastIndex;
    if (match[1] !== undefined) steps.push(Number(match[1]));
    else if (match[2] !== undefined) steps.push(match[2].replace(/\\(.)/g, "$1"));
    else steps.push(match[3] ?? "*");
  }
  if (end !== text.length || steps.length === 0) {
    const where = `property path "${text}"`;
    throw new EngineError("invalid-argument", { where, what: "is malformed", fix: 'Write it like a.b[0]["c"]' });
  }
  return steps;
}

export function pathContains(outer: readonly PathStep[], inner: readonly PathStep[]): boolean {
  return outer.length <= inner.length && outer.every((step, i) => step === "*" || String(step) === String(inner[i]));
}

/**
 * Puts the values at `path` back to what `old` has there. Answers false when nothing could be put back because the
 * containers on the way differ (an element was added or removed), like the official engine.
 */
export function resetPath(path: readonly PathStep[], old: Value | undefined, target: Value | undefined): boolean {
  const [step, ...rest] = path;
  if (isSecret(target)) return resetPath(path, isSecret(old) ? old.value : old, target.value);
  if (step === undefined || !isContainer(target)) return old === undefined && target === undefined;
  const shown = isSecret(old) ? old.value : old;
  const source = isContainer(shown) ? shown : undefined;
  if (step === "*") {
    const keys = new Set([...Object.keys(target), ...Object.keys(source ?? {})]);
    if (rest.length === 0 && Array.isArray(target) && source?.["length"] !== target.length) return false;
    return [...keys].map((key) => resetPath([key, ...rest], shown, target)).every(Boolean);
  }
  if (rest.length > 0) return resetPath(rest, source?.[step], target[step]);
  const value = source?.[step];
  if (Array.isArray(target)) {
    if (value === undefined || Number(step) >= target.length) return value === target[Number(step)];
    target[Number(step)] = structuredClone(value);
  } else if (value === undefined) delete target[step];
  else target[step] = structuredClone(value);
  return true;
}

function isContainer(value: Value | undefined): value is { [key: string]: Value } {
  return Array.isArray(value) || isObject(value);
}

/** The inputs with every ignored property put back to its old value, and the paths for which that was impossible. */
export function ignoreChanges(inputs: Properties, old: Properties, paths: readonly string[]) {
  const kept = structuredClone(inputs);
  const impossible = paths.filter((path) => !resetPath(parsePath(path), old, kept));
  return { inputs: kept, impossible };
}

export function getPath(root: Value | undefined, path: readonly PathStep[]): Value | undefined {
  return path.reduce<Value | undefined>((value, step) => (isContainer(value) ? value[step] : undefined), root);
}

export function setPath(root: Properties, path: readonly PathStep[], value: Value | undefined): void {
  let at: Properties = root;
  path.forEach((step, i) => {
    if (i === path.length - 1) {
      if (value === undefined) Array.isArray(at) ? at.splice(Number(step), 1) : delete at[step];
      else at[step] = value;
      return;
    }
    if (!isContainer(at[step])) at[step] = typeof path[i + 1] === "number" ? ([] as Value[]) : {};
    at = at[step] as Properties;
  });
}

export interface PropertyChange {
  readonly kind: "add" | "delete" | "update";
  readonly path: string;
}

/** The paths at which two values differ, deepest first point of difference. */
export function changedPaths(old: Value | undefined, now: Value | undefined, path = ""): PropertyChange[] {
  if (old === undefined || now === undefined) {
    if (old === now) return [];
    return [{ kind: old === undefined ? "add" : "delete", path }];
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const length = Math.max(old.length, now.length);
    return Array.from({ length }, (_, i) => changedPaths(old[i], now[i], `${path}[${i}]`)).flat();
  }
  if (isObject(old) && isObject(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return keys.flatMap((key) => changedPaths(old[key], now[key], joinPath(path, key)));
  }
  return old === now ? [] : [{ kind: "update", path }];
}

function joinPath(path: string, key: string): string {
  if (/[.[\]"]/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
