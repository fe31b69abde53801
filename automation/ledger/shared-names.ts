/** How much of what is asked by an environment's shared names it answers; the program declares what is said here. */
import { firstWeight, parseWeight, sharedNamesItem } from "../../programs/shared-names.ts";
import type { Lease } from "./lease.ts";
import { leaseLost } from "./lease.ts";
import type { StackTable } from "./table.ts";

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export async function readNamesWeight(table: StackTable): Promise<number> {
  const stored = await table.get(sharedNamesItem);
  return stored === undefined ? firstWeight : parseWeight(stored);
}

/** @throws SwitchyardError `lease-lost` when another process has taken the lease over. */
export async function writeNamesWeight(table: StackTable, lease: Lease, weight: number): Promise<void> {
  const put = { kind: "put", item: sharedNamesItem, value: { weight } } as const;
  if (!(await table.write([lease.check(), put]))) throw leaseLost(table.stack);
}
