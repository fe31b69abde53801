/** The chain of a stack's audit records: each holds the hash of the one before it. Nothing here reads or writes. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { auditKinds, auditOutcomes } from "./audit-kinds.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A record's seq and hash: enough to know it again, and with it every record before it. */
export const auditHead = z.object({ seq: z.int().min(0), hash });

export type AuditHead = Readonly<z.infer<typeof auditHead>>;

const auditRecord = z.looseObject({
  format: z.literal(1),
  stack: z.string().min(1),
  /** 1 for a stack's first. */
  seq: z.int().min(1),
  /** SHA-256 of the record before, as it is stored; zeros before the first. */
  prev: hash,
  /** ISO 8601, UTC, by the clock of who did it. */
  at: z.iso.datetime(),
  kind: z.enum(auditKinds),
  actor: z.string(),
  /** URL of the workflow run, else the machine's name. */
  from: z.string(),
  outcome: z.enum(auditOutcomes),
  why: z.string().optional(),
  /** Full SHA. */
  commit: z.string().optional(),
  version: z.string().optional(),
  /** As `history` names it. */
  operation: z.string().optional(),
  planHash: z.string().optional(),
  approver: z.string().optional(),
  /** How long it took, in milliseconds. */
  ms: z.number().min(0).optional(),
});

export type AuditRecord = Readonly<z.infer<typeof auditRecord>>;

/** What is said of one thing done; its place in the chain comes with writing. */
export interface AuditEntry {
  readonly at: string;
  readonly kind: AuditRecord["kind"];
  readonly actor: string;
  readonly from: string;
  readonly outcome: AuditRecord["outcome"];
  readonly why?: string | undefined;
  readonly commit?: string | undefined;
  readonly version?: string | undefined;
  readonly operation?: string | undefined;
  readonly planHash?: string | undefined;
  readonly approver?: string | undefined;
  readonly ms?: number | undefined;
}

/** A record as the ledger keeps it: its place, and its text, which is what is hashed. */
export interface StoredRecord {
  readonly seq: number;
  readonly text: string;
}

export const beforeTheFirst: AuditHead = { seq: 0, hash: "0".repeat(64) };

/** JSON with sorted keys and without spaces: one text for one value (RFC 8785, of the values records have). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, v]) => v !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, v]) => `${JSON.stringify(key)}:${canonical(v)}`).join(",")}}`;
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function headOf({ seq, text }: StoredRecord): AuditHead {
  return { seq, hash: hashOf(text) };
}

/** Links entries to a chain's end, in their order. */
export function link(stack: string, end: AuditHead, entries: readonly AuditEntry[]): readonly StoredRecord[] {
  let last = end;
  return entries.map((entry) => {
    const seq = last.seq + 1;
    const record = { seq, text: canonical({ ...entry, format: 1, stack, seq, prev: last.hash }) };
    last = headOf(record);
    return record;
  });
}

/** @returns undefined for a text that is no record. */
export function readRecord(text: string): AuditRecord | undefined {
  try {
    return auditRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A head that was kept outside of the table. */
export interface Witness extends AuditHead {
  /** Such as `note on 1a2b3c4d`. */
  readonly where: string;
}

export interface AuditFinding {
  /** The record it is about; of several, the first. */
  readonly seq: number;
  readonly problem: string;
}

/**
 * What of a chain is not as it was written. A change that leaves no gap, because everything after it and the head were
 * written anew, is told by witnesses alone: they are kept where the writer of the table has no right to change them.
 *
 * @param records By seq.
 * @param head As the table has it; undefined when it has none.
 */
export function verifyChain(
  stack: string,
  records: readonly StoredRecord[],
  head: AuditHead | undefined,
  witnesses: readonly Witness[] = [],
): readonly AuditFinding[] {
  let before = beforeTheFirst;
  const findings = records.flatMap((stored) => {
    const found = linkProblems(stack, before, stored);
    before = headOf(stored);
    return found;
  });
  const kept = new Map(records.map((record) => [record.seq, record]));
  return [...findings, ...headProblems(before, head), ...witnesses.flatMap((one) => witnessProblems(kept, one))];
}

function linkProblems(stack: string, before: AuditHead, { seq, text }: StoredRecord): readonly AuditFinding[] {
  const missing = missingBetween(before.seq, seq);
  const record = readRecord(text);
  if (record === undefined) return [...missing, { seq, problem: "it is no record" }];
  if (record.stack !== stack || record.seq !== seq)
    return [...missing, { seq, problem: `in its place is record ${record.seq} of ${record.stack}` }];
  if (missing.length > 0 || record.prev === before.hash) return missing;
  const problem =
    before.seq === 0 ? "it does not begin a chain" : `record ${before.seq} is not the one it was written after`;
  return [{ seq, problem }];
}

function missingBetween(before: number, seq: number): readonly AuditFinding[] {
  const first = before + 1;
  if (first === seq) return [];
  return [{ seq: first, problem: first === seq - 1 ? "it is missing" : `it is missing, and all before ${seq}` }];
}

function headProblems(last: AuditHead, head: AuditHead | undefined): readonly AuditFinding[] {
  if (head === undefined) return last.seq === 0 ? [] : [{ seq: last.seq, problem: "the chain's head is missing" }];
  if (head.seq > last.seq)
    return [{ seq: last.seq + 1, problem: `the head tells of ${head.seq} records; they end before this one` }];
  if (head.seq < last.seq) return [{ seq: head.seq + 1, problem: "the head tells of no such record" }];
  return head.hash === last.hash ? [] : [{ seq: last.seq, problem: "it is not the one the head tells of" }];
}

function witnessProblems(
  kept: ReadonlyMap<number, StoredRecord>,
  { seq, hash: told, where }: Witness,
): readonly AuditFinding[] {
  const record = kept.get(seq);
  if (record === undefined) return [{ seq, problem: `${where} tells of it, and it is missing` }];
  return hashOf(record.text) === told ? [] : [{ seq, problem: `it is not the one that the ${where} tells of` }];
}
