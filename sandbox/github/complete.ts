/** Answers as whole as GitHub's: what its description asks for and the stand-in knows nothing of is there, and says nothing. */
import type { Description, Json, Schema } from "./description.ts";

/** Nothing that anybody could follow. */
const nowhere = "https://github.invalid/";

/**
 * A value with every property its schema requires. One that is not given is null, empty, 0 or false.
 *
 * @throws Error for a property that the schema does not have: an answer of GitHub's would not have it either.
 */
export function complete(description: Description, given: Schema, value: unknown): unknown {
  const schema = description.resolve(given);
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each) => complete(description, schema.items ?? {}, each));
  if (typeof value !== "object") return value;
  const { properties, required, open } = shapeOf(description, schema, value as Json);
  if (Object.keys(properties).length === 0) return value;
  const made: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value as Json)) {
    if (each === undefined) continue;
    const known = properties[key];
    if (!known && !open) throw new Error(`GitHub's answer has no property ${key}`);
    made[key] = known ? complete(description, known, each) : each;
  }
  for (const key of required) {
    if (!(key in made)) made[key] = neutral(description, properties[key] ?? {}, key);
  }
  return made;
}

interface Shape {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  /** Whether it may have properties that are not described. */
  readonly open: boolean;
}

/** Of alternatives the one that knows most of what the value has. */
function shapeOf(description: Description, given: Schema, value: Json): Shape {
  const schema = description.resolve(given);
  const own: Shape = {
    properties: schema.properties ?? {},
    required: schema.required ?? [],
    open: schema.additionalProperties !== undefined && schema.additionalProperties !== false,
  };
  const all = (schema.allOf ?? []).map((one) => shapeOf(description, one, value));
  const choices = (schema.anyOf ?? schema.oneOf ?? []).map((one) => shapeOf(description, one, value));
  const known = ({ properties }: Shape) => Object.keys(value).filter((key) => key in properties).length;
  const [chosen] = choices.sort((a, b) => known(b) - known(a));
  return [own, ...all, ...(chosen ? [chosen] : [])].reduce((a, b) => ({
    properties: { ...a.properties, ...b.properties },
    required: [...a.required, ...b.required],
    open: a.open || b.open,
  }));
}

function neutral(description: Description, given: Schema, key: string): unknown {
  const schema = description.resolve(given);
  const [first] = schema.allOf ?? schema.anyOf ?? schema.oneOf ?? [];
  if (schema.nullable || schema.anyOf?.some(({ type }) => type === "null")) return null;
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "string":
      return schema.format === "uri" ? nowhere : schema.format === "date-time" ? "1970-01-01T00:00:00Z" : "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "array":
      return [];
    default:
      if (schema.type === undefined && first) return neutral(description, first, key);
      return complete(description, schema, {});
  }
}
