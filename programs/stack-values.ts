/** Values of a stack laid over others: by the driver over its file, and by the guardrails as a command has laid them. */
type Mapping = Readonly<Record<string, unknown>>;

/** `over` laid over `base`; mappings are merged, everything else is replaced. */
export function mergeStackValues(base: Mapping, over: Mapping): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isMapping(before) && isMapping(value) ? mergeStackValues(before, value) : value;
  }
  return merged;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
