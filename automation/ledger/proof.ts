import { readChain, readHead } from "./audit.ts";
import { type AuditFinding, type AuditHead, verifyChain, type Witness } from "./chain.ts";
import type { StackTable } from "./table.ts";

export interface Proof {
  /** How many there are. */
  readonly records: number;
  readonly head: AuditHead | undefined;
  /** What is not as it was written. */
  readonly findings: readonly AuditFinding[];
}

/**
 * Reads all of a stack's audit, and whether each record is linked to the one before it.
 *
 * @param witnesses Heads that were kept outside of the table.
 */
export async function proof(table: StackTable, witnesses: readonly Witness[] = []): Promise<Proof> {
  const [records, head] = await Promise.all([readChain(table), readHead(table)]);
  return { records: records.length, head, findings: verifyChain(table.stack, records, head, witnesses) };
}
