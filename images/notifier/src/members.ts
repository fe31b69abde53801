/** Members of JSON that somebody else wrote. What they throw names the member, and never what it holds. */

export function objectOf(given: unknown, where: string): Record<string, unknown> {
  let value = given;
  try {
    if (typeof given === "string") value = JSON.parse(given);
  } catch {
    // The parser's message would quote it.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${where}: it is no JSON object`);
}

export function text(of: Record<string, unknown>, name: string): string {
  const value = of[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${name}: it is missing`);
}
