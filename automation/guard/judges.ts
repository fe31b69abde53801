/** What rows of the table have in common. */
import { allowsAtLeast } from "./documents.ts";
import { disrupts, grows, harmless, type Judge, type Row, sides, type Verdict } from "./verdict.ts";

/** Inputs that say something about a resource and change nothing about it. */
const common: readonly string[] = ["tags", "tagsAll", "description", "name", "skipDestroy"];

export const fine = (...names: readonly string[]): Record<string, Verdict> =>
  Object.fromEntries([...common, ...names].map((name) => [name, harmless]));

export const mayGrow =
  (property: string, why: string): Judge =>
  (change) =>
    grows(...sides(change, property)) ? harmless : disrupts(why);

export const document =
  (property: string, why: string): Judge =>
  (change) =>
    allowsAtLeast(...sides(change, property)) ? harmless : disrupts(why);

/** Of a resource that only measures, keeps or reports. */
export const aside: Row = { properties: { "*": harmless }, replace: harmless };
