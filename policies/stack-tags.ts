import { parseJson } from "./document.ts";

const keys = { "switchyard:account": "switchyard:account", "aws:region": "switchyard:region" } as const;

/**
 * The tags by which rules know a stack's account and region: the stack's own, and for those it has not what its
 * configuration says. Not every backend keeps tags.
 *
 * @param config the stack's configuration as engines hand it to a pack: JSON text of a flat map (`PULUMI_CONFIG`)
 */
export function stackTags(tags: ReadonlyMap<string, string>, config: string | undefined): ReadonlyMap<string, string> {
  const configured = parseJson(config ?? "");
  if (typeof configured !== "object" || configured === null) return tags;
  const found = Object.entries(keys).flatMap(([key, tag]): [string, string][] => {
    const value = (configured as Record<string, unknown>)[key];
    return typeof value === "string" ? [[tag, value]] : [];
  });
  return new Map([...found, ...tags]);
}
