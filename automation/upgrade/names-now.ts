/** Where an environment's shared names lead now, for whoever looks. */
import type { SharedNames } from "../../programs/shared-names.ts";
import type { Aws } from "../aws/clients.ts";
import { recordsOfAll } from "../aws/records.ts";
import { readNamesWeight } from "../ledger/shared-names.ts";
import type { StackTable } from "../ledger/table.ts";
import { type NamesTold, toldOf } from "./names.ts";

/** Who only looks may have no right to the records: then nothing is said of them. */
export async function namesNow(aws: Aws, table: StackTable, names: SharedNames | undefined): Promise<NamesTold> {
  if (names === undefined) return { lines: [], byHand: [] };
  const found = await recordsOfAll(aws, names).catch(() => undefined);
  return found === undefined ? { lines: [], byHand: [] } : toldOf(table.stack, found, await readNamesWeight(table));
}
