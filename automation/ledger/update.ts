import { hostname } from "node:os";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { thisMachine } from "../machine.ts";
import { holderIdentity } from "./holder.ts";
import { unreadable } from "./journal.ts";
import { type Lease, leaseLost } from "./lease.ts";
import type { StackTable } from "./table.ts";

const item = "update";

const updateRecord = z.object({
  token: z.int().min(1),
  /** As the engine's lock names it. */
  host: z.string().min(1),
  identity: holderIdentity.optional(),
  /** By the holder's clock, in milliseconds since the epoch. */
  startedAt: z.number(),
  open: z.boolean(),
});

/** An update that was begun under the lease and never said that it was done. */
export type LeftUpdate = Readonly<Omit<z.infer<typeof updateRecord>, "open">>;

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export async function leftUpdate(table: StackTable): Promise<LeftUpdate | undefined> {
  const stored = await table.get(item);
  if (stored === undefined) return undefined;
  const { success, data, error } = updateRecord.safeParse(stored);
  if (!success) throw unreadable(table.stack, item, error.issues.map(({ path }) => path.join(".")).join(", "), error);
  return data.open ? data : undefined;
}

/**
 * Writes down that an update begins; the answer writes down that it is done. One that failed stays open: what it left
 * behind is looked for by the next.
 */
export async function beginUpdate(table: StackTable, lease: Lease, clock: Clock): Promise<() => Promise<void>> {
  const record = {
    token: lease.token,
    host: hostname(),
    identity: thisMachine()?.identity,
    startedAt: clock.now(),
  };
  const put = (open: boolean) =>
    table.write([lease.check(), { kind: "put", item, value: { ...record, open } }]).then((written) => {
      if (!written) throw leaseLost(table.stack);
    });
  await put(true);
  return () => put(false);
}
