/** What the ledger says of a stack's upgrade, in the stack's own partition. */
import { z } from "zod";
import { readItem } from "../ledger/journal.ts";
import type { Lease } from "../ledger/lease.ts";
import { leaseLost } from "../ledger/lease.ts";
import type { StackTable } from "../ledger/table.ts";
import { back, forward, settle, type Upgrade, usualKeepMs } from "./decide.ts";

const item = "upgrade";
const moment = z.number().min(0).max(8.64e15);
const rowCounts = z.record(z.string(), z.string().regex(/^\d+$/));

const upgradeItem = z.object({
  beside: z.string().min(1),
  version: z.string().min(1),
  snapshot: z.string().min(1),
  way: z.enum(["forward", "back", "settle"]),
  begunAt: moment,
  /** Absent in what an earlier driver has begun. */
  keepForMs: z.number().min(0).default(usualKeepMs),
  done: z.partialRecord(z.enum([...forward, ...back, ...settle]), moment),
  names: z.object({ zoneId: z.string().min(1), hosts: z.array(z.string().min(1)).min(1) }).optional(),
  rows: rowCounts.optional(),
});

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export async function readUpgrade(table: StackTable): Promise<Upgrade | undefined> {
  const stored = await table.get(item);
  if (stored === undefined) return undefined;
  const { names, rows, ...rest } = readItem(table.stack, stored, upgradeItem);
  return { ...rest, done: defined(rest.done), ...(names && { names }), ...(rows && { rows }) };
}

/** @throws SwitchyardError `lease-lost` when another process has taken the lease over. */
export async function writeUpgrade(table: StackTable, lease: Lease, upgrade: Upgrade): Promise<void> {
  const written = await table.write([lease.check(), { kind: "put", item, value: { ...upgrade } }]);
  if (!written) throw leaseLost(table.stack);
}

function defined(done: Partial<Record<string, number | undefined>>): Upgrade["done"] {
  return Object.fromEntries(Object.entries(done).filter(([, at]) => at !== undefined));
}
