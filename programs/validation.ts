import * as z from "zod";
import { SwitchyardError } from "./errors.ts";

/** A whole number between two bounds, inclusive. `unit` completes the sentence, as in "60 seconds". */
export function integer(min: number, max: number, unit: string) {
  const requirement = `a whole number of ${unit} from ${min} to ${max}`;
  return z.int({ error: requirement }).min(min, { error: requirement }).max(max, { error: requirement });
}

/** A number or flag at the top level, which arrives as text. */
export function plain<Schema extends z.ZodType>(schema: Schema) {
  const read = (value: unknown) =>
    typeof value === "string" && /^(\d+|true|false)$/.test(value) ? JSON.parse(value) : value;
  return z.preprocess(read, schema);
}

/** A string of one shape; `requirement` completes "Set it to …". */
export function text(pattern: RegExp, requirement: string) {
  return z.string({ error: requirement }).regex(pattern, { error: requirement });
}

/** One of a few values. */
export function oneOf<const Value extends string | number>(values: readonly Value[]) {
  return z.literal(values, { error: `one of ${values.join(", ")}` });
}

export const flag = z.boolean({ error: "true or false" });

/** Reports a problem that no single field shows alone. */
export function problem(context: z.RefinementCtx, path: readonly (string | number)[], what: string, fix: string): void {
  context.addIssue({ code: "custom", path: [...path], message: what, params: { fix } });
}

/**
 * Checks a stack's configuration values.
 *
 * @param shownIn The file that shows every key there is.
 * @throws SwitchyardError `invalid-config`: names the first key at fault and its fix, then the other keys at fault.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  values: Record<string, unknown>,
  shownIn = "Pulumi.production.yaml",
): z.output<Schema> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describe(issue, values, shownIn));
  const [first, ...others] = problems;
  if (first === undefined) throw parsed.error;
  const keys = [...new Set(others.map((other) => other.where))].join(", ");
  const more = others.length === 0 ? "" : `. ${others.length} more to fix: ${keys}`;
  throw new SwitchyardError("invalid-config", { ...first, fix: first.fix + more });
}

interface Problem {
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

function describe(issue: z.core.$ZodIssue, values: Record<string, unknown>, shownIn: string): readonly Problem[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      where: configKey([...issue.path, key]),
      what: "is not a key of this stack's configuration",
      fix: `Correct its name or remove it; ${shownIn} shows every key`,
    }));
  const where = configKey(issue.path);
  if (issue.code === "custom")
    return [{ where, what: issue.message, fix: String(issue.params?.["fix"] ?? "Correct the value") }];
  if (issue.code === "invalid_key")
    return [{ where, what: "is not a name it may have", fix: `Rename it to ${issue.issues[0]?.message}` }];
  return [{ where, what: received(issue.path, values), fix: `Set it to ${requirement(issue)}` }];
}

/** What the schema asks for; where a field does not say it in its own words, by the kind of value. */
function requirement({ message, ...issue }: z.core.$ZodIssue): string {
  if (!message.startsWith("Invalid input")) return message;
  const expected = "expected" in issue ? String(issue.expected) : "";
  return (
    {
      object: "a mapping of keys to values",
      record: "a mapping of names to values",
      array: "a list",
      string: "a text",
    }[expected] ?? "a value of the kind Pulumi.production.yaml shows"
  );
}

export function configKey(path: readonly PropertyKey[]): string {
  return `switchyard:${path.map(String).join(".")}`;
}

/** Numbers and booleans are shown; strings only where nobody would keep a secret. */
function received(path: readonly PropertyKey[], values: Record<string, unknown>): string {
  let value: unknown = values;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[step];
  if (value === undefined || value === null) return "is missing";
  if (typeof value === "number" || typeof value === "boolean") return `${value} is not allowed`;
  const guarded = path.some((step) => step === "environment" || step === "secrets");
  if (typeof value !== "string" || guarded || value.length > 60) return "has a value that is not allowed";
  return `${JSON.stringify(value)} is not allowed`;
}
