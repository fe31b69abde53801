/** A stack that is not to change for now: nothing new is applied or deployed; what serves can be gone back from. */
import { z } from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import type { Clock } from "../clock.ts";
import { ownEntry, writeAudited } from "./audit.ts";
import { readItem } from "./journal.ts";
import type { StackTable } from "./table.ts";

const item = "frozen";

const frozenItem = z.object({
  frozen: z.boolean(),
  by: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
  why: z.string(),
});

export type Frozen = Readonly<Omit<z.infer<typeof frozenItem>, "frozen">>;

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export async function readFrozen(table: StackTable): Promise<Frozen | undefined> {
  const stored = await table.get(item);
  if (stored === undefined) return undefined;
  const { frozen, ...rest } = readItem(table.stack, stored, frozenItem);
  return frozen ? rest : undefined;
}

/**
 * Freezes a stack, or lets it change again; both are recorded in its audit.
 *
 * @returns false when it was so already: what was said then stays.
 */
export async function setFrozen(table: StackTable, clock: Clock, frozen: boolean, why: string): Promise<boolean> {
  const stored = await table.get(item);
  // What cannot be read is written anew.
  const was = frozenItem.safeParse(stored).data;
  if ((was?.frozen === true) === frozen && (was !== undefined || stored === undefined)) return false;
  const now = clock.now();
  const at = new Date(now).toISOString();
  const absent = { expression: "attribute_not_exists(#item)", names: { "#item": "item" } };
  const same = { expression: "#frozen = :was", names: { "#frozen": "frozen" }, values: { ":was": !frozen } };
  const condition = was ? same : stored === undefined ? absent : undefined;
  const kind = frozen ? "freeze" : "unfreeze";
  const entry = ownEntry(clock, now, { kind, outcome: "succeeded", ...(why !== "" && { why }) });
  const value = { frozen, by: actor(), at, why };
  return writeAudited(table, [entry], [{ kind: "put", item, value, ...(condition && { condition }) }]);
}

/** @throws SwitchyardError `frozen` naming who froze it and why. */
export async function refuseFrozen(table: StackTable): Promise<void> {
  const frozen = await readFrozen(table);
  if (frozen === undefined) return;
  throw new SwitchyardError("frozen", {
    what: `it was frozen by ${frozen.by} at ${frozen.at}${frozen.why === "" ? "" : ` (${frozen.why})`}`,
    where: `stack ${table.stack}`,
    fix: `\`switchyard unfreeze ${table.stack}\` when it may change again; \`switchyard rollback ${table.stack}\` and \`switchyard abort ${table.stack}\` work meanwhile`,
  });
}
