/**
 * Names that two environments of an account may have: a weighted record of each. The ledger says how much of what is asked
 * an environment answers; the driver writes it, and the program declares it.
 */
import * as z from "zod";
import { SwitchyardError } from "./errors.ts";

/** Names with a record of each environment, in one Route 53 hosted zone. */
export interface SharedNames {
  readonly zoneId: string;
  readonly hosts: readonly string[];
}

/** Name of the ledger's item that holds the weight. */
export const sharedNamesItem = "names";

/** All of what is asked, where the other's is `none`: 255 is the most there can be (Route 53 developer guide, "Weighted routing"). */
export const weights = { all: 255, none: 0 } as const;

/** An environment that nobody has led names away from, or to, has all. */
export const firstWeight: number = weights.all;

export const sharedNames = z.object({ weight: z.int().min(weights.none).max(weights.all) });

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export function parseWeight(stored: unknown): number {
  const parsed = sharedNames.safeParse(stored);
  if (parsed.success) return parsed.data.weight;
  throw new SwitchyardError("invalid-ledger", {
    what: `its weight is no whole number from ${weights.none} to ${weights.all}`,
    where: `ledger item "${sharedNamesItem}"`,
    fix: `set it to ${weights.all} where the shared names lead to this environment, to ${weights.none} where they lead to another`,
  });
}
