/** Looking into an audit: by pages, never all of it for a part. */

import { newest, readRecords, recordFrom } from "./audit.ts";
import { type AuditRecord, readRecord, type StoredRecord } from "./chain.ts";
import type { StackTable } from "./table.ts";

/** Records read at once: some 250 kB, and DynamoDB answers up to 1 MB a call (API reference, Query). */
const pageSize = 500;

/** What clocks of machines that write may differ by: records this far out of their order in time are found as well. */
const apartMs = 3_600_000;

export interface AuditFilter {
  /** Milliseconds since the epoch, both included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly actor?: string | undefined;
  /** The SHA, or how it begins. */
  readonly commit?: string | undefined;
  readonly kind?: AuditRecord["kind"] | undefined;
  readonly outcome?: AuditRecord["outcome"] | undefined;
}

export interface FoundRecord {
  readonly record: AuditRecord;
  /** As it is stored, and was hashed. */
  readonly text: string;
}

export interface AuditAnswer {
  /** Newest first. */
  readonly found: readonly FoundRecord[];
  /** Seqs of what was met and is no record. */
  readonly unreadable: readonly number[];
}

export async function queryAudit(
  table: StackTable,
  filter: AuditFilter,
  limit = Number.POSITIVE_INFINITY,
): Promise<AuditAnswer> {
  const found: FoundRecord[] = [];
  const unreadable: number[] = [];
  const { since = Number.NEGATIVE_INFINITY } = filter;
  for (let last = await lastSeq(table, filter.until); last > 0; last -= pageSize) {
    const page = await readRecords(table, Math.max(1, last - pageSize + 1), last);
    for (const { seq, text } of page.toReversed()) {
      const record = readRecord(text);
      if (record === undefined) unreadable.push(seq);
      else if (Date.parse(record.at) < since - apartMs) return { found, unreadable };
      else if (matches(record, filter)) found.push({ record, text });
      if (found.length >= limit) return { found, unreadable };
    }
  }
  return { found, unreadable };
}

export function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, commit = "" } = filter;
  const at = Date.parse(record.at);
  const same = (["actor", "kind", "outcome"] as const).every((key) => (filter[key] ?? record[key]) === record[key]);
  return same && at >= since && at <= until && (record.commit ?? "").startsWith(commit);
}

/** Where looking begins: at the end, or at the last record that may be as old as is asked for. */
async function lastSeq(table: StackTable, until: number | undefined): Promise<number> {
  const { seq } = await newest(table);
  return until === undefined ? seq : firstAfter((at) => recordFrom(table, at), seq, until + apartMs);
}

/** The first seq whose record is of after a moment, by halving; `end` where none is. */
export async function firstAfter(
  read: (seq: number) => Promise<StoredRecord | undefined>,
  end: number,
  moment: number,
): Promise<number> {
  let low = 1;
  let high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await read(middle);
    const at = found && Date.parse(readRecord(found.text)?.at ?? "");
    if (found === undefined || (at !== undefined && at > moment)) high = middle;
    else low = Math.max(middle, found.seq) + 1;
  }
  return Math.min(low, end);
}
