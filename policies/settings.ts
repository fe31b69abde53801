/** One configurable value of a rule: its JSON schema as Pulumi validates it, and the value used when it is not given. */
export interface Setting<V> {
  readonly schema: {
    readonly type: "integer" | "boolean" | "array" | "string";
    readonly items?: { type: "string" | "integer" };
  };
  readonly description: string;
  readonly fallback: V;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type SettingValues<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer V> ? V : never };

export const setting = {
  integer: (fallback: number, description: string): Setting<number> => ({
    schema: { type: "integer" },
    description,
    fallback,
  }),
  flag: (fallback: boolean, description: string): Setting<boolean> => ({
    schema: { type: "boolean" },
    description,
    fallback,
  }),
  strings: (fallback: readonly string[], description: string): Setting<readonly string[]> => ({
    schema: { type: "array", items: { type: "string" } },
    description,
    fallback,
  }),
  integers: (fallback: readonly number[], description: string): Setting<readonly number[]> => ({
    schema: { type: "array", items: { type: "integer" } },
    description,
    fallback,
  }),
};

export interface ReadSettings {
  readonly values: Record<string, unknown>;
  /** What is wrong with the configuration; empty when it is usable. */
  readonly problems: readonly string[];
}

/** Completes a rule's configuration with its defaults; a key or type that does not fit is a problem, never ignored. */
export function readSettings(settings: Settings | undefined, given: Record<string, unknown>): ReadSettings {
  const declared = settings ?? {};
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(declared)) {
    const value = given[key];
    values[key] = value ?? one.fallback;
    if (value !== undefined && !fits(value, one.schema)) problems.push(`${key} must be ${describe(one.schema)}`);
  }
  for (const key of Object.keys(given)) {
    if (!(key in declared)) problems.push(`${key} is not a setting of this rule`);
  }
  return { values, problems };
}

function fits(value: unknown, schema: Setting<unknown>["schema"]): boolean {
  switch (schema.type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value) && value.every((item) => fits(item, { type: schema.items?.type ?? "string" }));
    default:
      return typeof value === schema.type;
  }
}

function describe(schema: Setting<unknown>["schema"]): string {
  if (schema.type === "array") return `a list of ${schema.items?.type}s`;
  return schema.type === "integer" ? "an integer" : `a ${schema.type}`;
}
