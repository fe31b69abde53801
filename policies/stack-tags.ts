import { parseJson } from "@switchyard/iam/document.ts";
import { mergeStackValues } from "../programs/stack-values.ts";

const keys = { "switchyard:account": "switchyard:account", "aws:region": "switchyard:region" } as const;

/**
 * The tags by which rules know a stack's account and region: the stack's own, and for those it has not what its
 * configuration says. Not every backend keeps tags.
 *
 * @param config the stack's configuration as engines hand it to a pack: JSON text of a flat map (`PULUMI_CONFIG`)
 */
export function stackTags(tags: ReadonlyMap<string, string>, config: string | undefined): ReadonlyMap<string, string> {
  const configured = stackConfig(config);
  const found = Object.entries(keys).flatMap(([key, tag]): [string, string][] => {
    const value = configured[key];
    return typeof value === "string" ? [[tag, value]] : [];
  });
  return new Map([...found, ...tags]);
}

/** The stack's configuration by full key, structured values as JSON text; empty when there is none. */
export function stackConfig(text: string | undefined): Readonly<Record<string, unknown>> {
  const parsed = parseJson(text ?? "");
  return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

/**
 * A stack's configuration as engines hand it to a pack, with what a command laid over it for its program: mappings are
 * merged, everything else is replaced.
 *
 * @param over JSON text of values by full key
 */
export function laidOver(config: string | undefined, over: string | undefined): string | undefined {
  const laid = Object.entries(stackConfig(over));
  if (laid.length === 0) return config;
  const base = stackConfig(config);
  const merged = laid.map(([key, value]) => {
    const given = base[key];
    const before = typeof given === "string" ? (parseJson(given) ?? given) : given;
    const whole = mergeStackValues({ [key]: before }, { [key]: value })[key];
    return [key, typeof whole === "string" ? whole : JSON.stringify(whole)];
  });
  return JSON.stringify({ ...base, ...Object.fromEntries(merged) });
}
