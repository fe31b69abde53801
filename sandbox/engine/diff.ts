import type { Diff, Operator } from "./operator.ts";
import { changedPaths, ignoreChanges, parsePath, pathContains } from "./paths.ts";
import type { Resource } from "./state.ts";
import { type Properties, reveal } from "./values.ts";

export const noDiff: Diff = { changes: false, replaceKeys: [], changedKeys: [], deleteBeforeReplace: false };

export function replaceBecause(key: string): Diff {
  return { ...noDiff, changes: true, replaceKeys: [key] };
}

/** What a change of inputs means: the provider's word, or a comparison when it leaves it to the engine. */
export async function diffResource(
  operator: Operator | undefined,
  old: Resource,
  news: Properties,
  ignored: readonly string[],
): Promise<Diff> {
  const answered = await operator?.diff(old, news, ignored);
  return answered ?? compareInputs(old.inputs ?? {}, ignoreChanges(news, old.inputs ?? {}, ignored).inputs);
}

export function compareInputs(old: Properties, news: Properties): Diff {
  const changes = changedPaths(reveal(old), reveal(news));
  if (changes.length === 0) return noDiff;
  return {
    ...noDiff,
    changes: true,
    changedKeys: [...new Set(changes.map(({ path }) => String(parsePath(path)[0])))],
    detailed: Object.fromEntries(changes.map(({ path, kind }) => [path, { diffKind: kind, inputDiff: true }])),
  };
}

const inverse: Record<string, string> = {
  add: "delete",
  delete: "add",
  "add-replace": "delete-replace",
  "delete-replace": "add-replace",
};

/** The same differences seen from the other side: what was added there is missing here. */
export function invert(diff: Diff): Diff {
  if (!diff.detailed) return diff;
  const detailed = Object.entries(diff.detailed).map(([path, change]) => {
    return [path, { ...change, diffKind: inverse[change.diffKind] ?? change.diffKind }] as const;
  });
  return { ...diff, detailed: Object.fromEntries(detailed) };
}

/** Turns changes at the `replaceOnChanges` paths into reasons to replace. */
export function applyReplaceOnChanges(diff: Diff, paths: readonly string[]): Diff {
  if (!diff.changes || paths.length === 0) return diff;
  const wanted = paths.map(parsePath);
  const matches = (text: string) => wanted.some((path) => pathContains(path, parsePath(text)));
  const detailed = Object.entries(diff.detailed ?? {}).map(([path, change]) => {
    const replaces = matches(path) && !change.diffKind.endsWith("-replace");
    return [path, replaces ? { ...change, diffKind: `${change.diffKind}-replace` } : change] as const;
  });
  const keys = [...diff.replaceKeys, ...diff.changedKeys.filter(matches)];
  return {
    ...diff,
    replaceKeys: [...new Set(keys)],
    ...(diff.detailed && { detailed: Object.fromEntries(detailed) }),
  };
}

export function replaces(diff: Diff): boolean {
  const detailed = Object.values(diff.detailed ?? {});
  return diff.replaceKeys.length > 0 || detailed.some(({ diffKind }) => diffKind.endsWith("-replace"));
}
