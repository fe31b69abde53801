/** A stack's audit records in its ledger: written with what they tell of, in one transaction. */
import { hostname } from "node:os";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { commit } from "../checkout.ts";
import type { Clock } from "../clock.ts";
import type { Goal } from "../deploy/decide/goal.ts";
import {
  type AuditEntry,
  type AuditHead,
  auditHead,
  beforeTheFirst,
  headOf,
  link,
  type StoredRecord,
} from "./chain.ts";
import type { Lease } from "./lease.ts";
import type { StackTable, TableWrite } from "./table.ts";

const headItem = "audit";
const prefix = "audit#";
const digits = 12;

export function recordItem(seq: number): string {
  return `${prefix}${String(seq).padStart(digits, "0")}`;
}

/** The run in CI as a link, else this machine. */
export function whereFrom(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : hostname();
}

/** What this process does, by whoever runs it, from this checkout. */
export function ownEntry(
  clock: Clock,
  started: number,
  entry: Pick<AuditEntry, "kind" | "outcome"> & Partial<AuditEntry>,
): AuditEntry {
  const now = clock.now();
  const by = { actor: actor(), from: whereFrom(), commit: commit() };
  return { ...by, at: new Date(now).toISOString(), ms: Math.max(0, Math.round(now - started)), ...entry };
}

/** An operation that has ended, as a record. */
export function operationEntry(
  goal: Goal,
  begunAt: number,
  end: Pick<AuditEntry, "outcome" | "why" | "planHash" | "approver"> & { readonly endedAt: number },
): AuditEntry {
  const { endedAt, ...rest } = end;
  const { kind, operation, version, commit: from } = goal;
  return {
    ...rest,
    ...{ kind, operation, version, commit: from, actor: goal.actor, from: whereFrom() },
    at: new Date(endedAt).toISOString(),
    ms: Math.max(0, Math.round(endedAt - begunAt)),
  };
}

/** As often as other records may come between the reading of the chain's end and the writing of the next. */
const attempts = 20;

/**
 * Writes records at the chain's end, in one transaction with other writes. What is there is linked to as it is: records
 * somebody has changed stop nobody, and are found by `audit verify`.
 *
 * @returns false when a condition of the other writes does not hold.
 * @throws SwitchyardError `in-flight` when other records came between each time.
 */
export async function writeAudited(
  table: StackTable,
  entries: readonly AuditEntry[],
  others: readonly TableWrite[] = [],
): Promise<boolean> {
  let end = (await readHead(table)) ?? (await newest(table));
  for (let attempt = 0; attempt < attempts; attempt++) {
    const records = link(table.stack, end, entries);
    const first = records[0];
    const last = records.at(-1);
    if (!first || !last) return table.write(others);
    const head: TableWrite = { kind: "put", item: headItem, value: { ...headOf(last) } };
    if (await table.write([...others, ...records.map(put), head])) return true;
    const taken = await table.get(recordItem(first.seq));
    if (taken === undefined) return false;
    // An answer that was lost: the SDK's retry finds what it has written.
    if (taken["record"] === first.text) return true;
    end = await newest(table);
  }
  throw new SwitchyardError("in-flight", {
    what: `other records were written ${attempts} times while one was to be`,
    where: `ledger ${table.stack}/${headItem}`,
    fix: "run the command again",
  });
}

function put({ seq, text }: StoredRecord): TableWrite {
  const condition = { expression: "attribute_not_exists(#item)", names: { "#item": "item" } };
  return { kind: "put", item: recordItem(seq), value: { record: text }, condition };
}

/** What of its record is known only when it is over. */
export type Told = Partial<Pick<AuditEntry, "outcome" | "why" | "version" | "planHash">>;

/**
 * Does something that is recorded by how it ends. Under a lease that another has taken over nothing is recorded any more.
 *
 * @param told What the record says of a result.
 */
export async function audited<T>(
  { table, clock, lease }: { readonly table: StackTable; readonly clock: Clock; readonly lease?: Lease },
  kind: AuditEntry["kind"],
  work: () => Promise<T>,
  told: (result: T) => Told = () => ({}),
): Promise<T> {
  const started = clock.now();
  return recorded(
    (end) => writeAudited(table, [ownEntry(clock, started, { kind, ...end })], lease ? [lease.check()] : []),
    work,
    told,
  );
}

/** Does something, and hands over how it ended. */
export async function recorded<T>(
  record: (end: Told & Pick<AuditEntry, "outcome">) => Promise<unknown>,
  work: () => Promise<T>,
  told: (result: T) => Told,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // What went wrong is the news; that it could not be recorded as well is not.
    await record(failedTold(error)).catch(() => undefined);
    throw error;
  }
  await record({ outcome: "succeeded", ...told(result) });
  return result;
}

const longestWhy = 600;

/** What a record says of something that failed. */
function failedTold(error: unknown): Told & Pick<AuditEntry, "outcome"> {
  const why = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  return { outcome: "failed", why: why.slice(0, longestWhy) };
}

/** The chain's end as the table tells it; undefined where it does not, or not readably. */
export async function readHead(table: StackTable): Promise<AuditHead | undefined> {
  return auditHead.safeParse(await table.get(headItem)).data;
}

/** The end by the records themselves. */
export async function newest(table: StackTable): Promise<AuditHead> {
  const [last] = await table.query(prefix, { limit: 1 });
  return last === undefined ? beforeTheFirst : headOf(stored(last));
}

function stored(item: Readonly<Record<string, unknown>> & { readonly item: string }): StoredRecord {
  const seq = Number(item.item.slice(prefix.length));
  const { record } = item;
  return { seq: Number.isSafeInteger(seq) ? seq : 0, text: typeof record === "string" ? record : "" };
}

/** Records from one seq to another, both included, in their order; fewer where some are missing. */
export async function readRecords(table: StackTable, first: number, last: number): Promise<readonly StoredRecord[]> {
  return (await table.range(recordItem(first), recordItem(last))).map(stored);
}

/** The first record at a seq or after it. */
export async function recordFrom(table: StackTable, seq: number): Promise<StoredRecord | undefined> {
  const [found] = await table.range(recordItem(seq), recordItem(10 ** digits - 1), 1);
  return found && stored(found);
}

/** Every record there is, in order. */
export function readChain(table: StackTable): Promise<readonly StoredRecord[]> {
  return readRecords(table, 0, 10 ** digits - 1);
}
