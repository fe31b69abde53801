import { namesIdentifier, namesSecret } from "./secret-names.ts";
import { isPlaceholder, isRandom, secretIn } from "./secret-values.ts";

export { entropyPerCharacter } from "./secret-values.ts";

/** Words of names whose value is in every page a build makes, `NEXT_PUBLIC_`, `VITE_`. */
const isPublic = /(^|_)PUBLIC(_|$)|^(VITE|REACT_APP|GATSBY|VUE_APP)_/i;

/** What says yes or no, or where something is, whatever it is called. */
const harmless = /^(true|false|yes|no|on|off|0|1|none|null|enabled|disabled|required|optional)$/i;

/**
 * Why a plain environment variable looks like a secret; undefined when it does not. The reason never holds the value.
 */
export function looksSecret(name: string, value: string): string | undefined {
  const text = value.trim();
  if (isPlaceholder(text) || harmless.test(text) || isReference(text)) return undefined;
  if (namesSecret(name) && !isPublic.test(name)) return "is named like a secret";
  const inJson = /^[[{]/.test(text) ? secretInJson(text) : undefined;
  if (inJson !== undefined) return inJson;
  // What everyone may see may look like anything.
  if (isPublic.test(name) && !/PRIVATE KEY/.test(text)) return undefined;
  return secretIn(text) ?? (!namesIdentifier(name) && isRandom(text) ? "holds a value as random as a key" : undefined);
}

/** The address of a secret is none. */
function isReference(value: string): boolean {
  return /^arn:aws[a-z-]*:[a-z0-9-]+:/.test(value);
}

function secretInJson(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return leaves("", parsed).some(([name, value]) => name !== "" && looksSecret(name, value) !== undefined)
    ? "holds a secret in JSON"
    : undefined;
}

function leaves(name: string, value: unknown): readonly (readonly [name: string, value: string])[] {
  if (typeof value === "string" || typeof value === "number") return [[name, String(value)]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(Array.isArray(value) ? name : key, inner));
}
