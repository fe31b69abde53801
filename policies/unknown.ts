/** The property path of an `UnknownValueError`, told by its fields so that the pure rules need not load the SDK. */
export function unknownPath(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("unknownTypeSentinel" in error) || !("props" in error)) return undefined;
  return (error.props as unknown[]).map(String).join(".");
}

/** Stands for a value that is not known in this preview. */
export const unknown = Symbol("unknown");

/** Reads a property without being stopped by an unknown value. */
export function peek(props: object, key: string): unknown {
  try {
    return (props as Record<string, unknown>)[key];
  } catch (error) {
    if (unknownPath(error) === undefined) throw error;
    return unknown;
  }
}

/** Providers take the text "true" for true. */
export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** The elements of a list, read one by one: an unknown one throws only when it is reached. */
export function elementsOf(props: object, key: string): readonly unknown[] {
  const value = (props as Record<string, unknown>)[key];
  return Array.isArray(value) ? value : [];
}

/** Whether a property says something: an unknown value does; null, an empty text and an empty list do not. */
export function given(props: object, key: string): boolean {
  const value = peek(props, key);
  if (value === undefined || value === null || value === "" || value === false) return false;
  return !(Array.isArray(value) && value.length === 0);
}

/** The elements of a list, each one that is not known yet as `unknown`. */
export function elements(list: readonly unknown[] | undefined): unknown[] {
  return Array.from({ length: list?.length ?? 0 }, (_, index) => peek(list as object, String(index)));
}
