import type { Aws } from "../../aws/clients.ts";
import type { Bag } from "./pending.ts";

/** What a search for one thing works with. */
export interface Look {
  readonly aws: Aws;
  /** True for an id that the state has already: what is looked for is another thing. */
  known(id: string): boolean;
  /** Asks again until the answer is not undefined: a thing that AWS still makes is taken once it is made. */
  until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T>;
}

/**
 * Finds what a resource of one type became, by what AWS lets exist but once: its id, as the provider names it. Where the
 * provider does something to a thing right after it has made it, that is done here: no plan would tell that it was not.
 */
export type Finder = (inputs: Bag, look: Look) => Promise<string | undefined>;

export function textOf(inputs: Bag, key: string): string {
  const value = inputs[key];
  return typeof value === "string" ? value : "";
}

/** The answer; undefined where AWS says that there is no such thing. */
export async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (/NotFound|NoSuch|NotExist|[Nn]on[Ee]xistent/.test((error as Error).name)) return undefined;
    throw error;
  }
}

/** The only one of those the state does not have; none where several could be meant. */
export function onlyNew(ids: readonly (string | undefined)[], { known }: Pick<Look, "known">): string | undefined {
  const fresh = ids.filter((id): id is string => id !== undefined && !known(id));
  return fresh.length === 1 ? fresh[0] : undefined;
}
