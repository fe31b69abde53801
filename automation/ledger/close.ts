/** The end of an environment in its ledger: its history stays, and the next deploy is a first one. */
import type { ReleaseDocument } from "../../programs/release.ts";
import type { Clock } from "../clock.ts";
import { ownEntry, writeAudited } from "./audit.ts";
import { endEntries, operationsInFlight } from "./journal.ts";
import { type Lease, leaseLost } from "./lease.ts";
import { readRelease } from "./release.ts";
import { operationPrefix, type StackTable, type TableWrite } from "./table.ts";

export interface Closed {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly by: string;
  /** Such as "it was destroyed". */
  readonly why: string;
}

/**
 * Records the end in the stack's audit as well.
 *
 * @param started When what ended it began, by the clock.
 * @returns false when the ledger knew of nothing that could end.
 */
export async function closeEnvironment(
  { table, lease, clock }: { readonly table: StackTable; readonly lease: Lease; readonly clock: Clock },
  { by, why }: Omit<Closed, "at">,
  started = clock.now(),
): Promise<boolean> {
  const [release, shape, open] = await Promise.all([readRelease(table), table.get("shape"), operationsInFlight(table)]);
  if (shape === undefined && release.revision === 0 && open.length === 0) return false;
  const now = clock.now();
  const closed: Closed = { at: new Date(now).toISOString(), by, why };
  const begun = await Promise.all(open.map(({ operation }) => table.get(`${operationPrefix}${operation}`)));
  const end = { outcome: "failed", why: `ended with the environment: ${why}`, endedAt: now } as const;
  const ended = begun.flatMap((item): TableWrite[] => (item ? [put(item.item, { ...item, ...end })] : []));
  const empty: ReleaseDocument = { format: 1, revision: release.revision + 1, services: {} };
  const document = put("release", { document: JSON.stringify(empty), revision: empty.revision });
  // All at once: half of it would be an environment that nothing fits.
  const destroyed = ownEntry(clock, started, { kind: "destroy", actor: by, outcome: "succeeded", why });
  const written = await writeAudited(
    table,
    [...open.flatMap((operation) => endEntries(operation, end)), destroyed],
    [lease.check(), document, put("shape", { closedAt: closed.at, by, why }), ...ended],
  );
  if (!written) throw leaseLost(table.stack);
  return true;
}

function put(item: string, value: Record<string, unknown>): TableWrite {
  return { kind: "put", item, value };
}

/** When and why an environment ended that was not made anew since. */
export async function readClosed(table: StackTable): Promise<Closed | undefined> {
  const item = await table.get("shape");
  const at = item?.["closedAt"];
  return typeof at === "string" ? { at, by: String(item?.["by"]), why: String(item?.["why"]) } : undefined;
}
