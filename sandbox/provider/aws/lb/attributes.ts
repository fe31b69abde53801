/** Properties that AWS keeps as attributes: text under a name of their own. */
import type { Bag } from "../../values.ts";

export type Attributes = Record<string, string>;

export const toAttributes = (inputs: Bag, names: Attributes) =>
  Object.entries(names)
    .filter(([key]) => inputs[key] !== undefined)
    .map(([key, Key]) => ({ Key, Value: String(inputs[key]) }));

export type Listed = { Key?: string | undefined; Value?: string | undefined }[];
export const attribute = (listed: Listed | undefined, name: string) => listed?.find(({ Key }) => Key === name)?.Value;
const typed = (text: string) =>
  text === "true" ? true : text === "false" ? false : /^\d+$/.test(text) ? Number(text) : text;

export function fromAttributes(listed: Listed | undefined, names: Attributes): Bag {
  const found = Object.entries(names).map(([key, name]) => [key, attribute(listed, name)] as const);
  return Object.fromEntries(
    found.filter(([, text]) => text !== undefined).map(([key, text]) => [key, typed(text ?? "")]),
  );
}
