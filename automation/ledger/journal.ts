import type * as z from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Clock } from "../clock.ts";
import type { Decision, JournalEntry, StepResult } from "../deploy/decide/decision.ts";
import type { DeployGoal, Goal } from "../deploy/decide/goal.ts";
import type { Observed, Signal } from "../deploy/decide/model.ts";
import { operationEntry, writeAudited } from "./audit.ts";
import type { AuditEntry } from "./chain.ts";
import { type Lease, leaseLost } from "./lease.ts";
import { entryItem, operationItem } from "./records.ts";
import {
  type Condition,
  journalPrefix,
  type LedgerItem,
  operationPrefix,
  type StackTable,
  type TableWrite,
} from "./table.ts";

/** The first entry of an operation: what was asked for. */
export interface OperationRecord {
  readonly operation: string;
  readonly goal: Goal;
  readonly at: number;
  /** Absent while the operation is in flight. */
  readonly outcome?: "succeeded" | "unchanged" | "failed";
  readonly why?: string;
  readonly endedAt?: number;
  readonly steps?: readonly StepTiming[];
  readonly planHash?: string;
  /** Migrations applied when it succeeded. */
  readonly migrations?: readonly string[];
}

/** What is known of an operation when it ends. */
export type Ending = Omit<OperationRecord, "operation" | "goal" | "at" | "outcome" | "endedAt"> &
  Required<Pick<OperationRecord, "outcome" | "endedAt">>;

export interface StepTiming {
  readonly name: string;
  readonly ms: number;
  readonly awsCalls: number;
}

const seqDigits = 6;
const entryPrefix = (operation: string) => `${journalPrefix}${operation}#`;

/**
 * The append-only record of one operation. An intent is appended in one transaction with the check of the lease's
 * token: no intent, no write. A holder that was taken over is refused here, before it can touch AWS.
 */
export class Journal {
  readonly #table: StackTable;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #operation: string;
  #next: number;

  private constructor(table: StackTable, lease: Lease, clock: Clock, operation: string, next: number) {
    this.#table = table;
    this.#lease = lease;
    this.#clock = clock;
    this.#operation = operation;
    this.#next = next;
  }

  static async begin(table: StackTable, lease: Lease, clock: Clock, goal: Goal): Promise<Journal> {
    const journal = new Journal(table, lease, clock, goal.operation, 0);
    const value = { operation: goal.operation, goal: JSON.stringify(goal), at: clock.now() };
    await journal.#fenced(`${operationPrefix}${goal.operation}`, value);
    return journal;
  }

  /** Goes on with an operation found in flight. */
  static resume(
    table: StackTable,
    lease: Lease,
    clock: Clock,
    operation: string,
    entries: readonly JournalEntry[],
  ): Journal {
    return new Journal(
      table,
      lease,
      clock,
      operation,
      entries.reduce((most, e) => Math.max(most, e.seq + 1), 0),
    );
  }

  /** @throws SwitchyardError `lease-lost` when another holder has taken over. */
  async intend(decision: Decision, observed: Observed, at: number): Promise<JournalEntry> {
    const entry = this.#entry(decision, observed, at);
    await this.#fenced(this.#key(entry.seq), stored(entry));
    return entry;
  }

  /**
   * What was decided, with its result, in one write: for a step that writes nothing to AWS.
   *
   * @throws SwitchyardError `lease-lost` when another holder has taken over.
   */
  async record(decision: Decision, observed: Observed, at: number, result: StepResult): Promise<JournalEntry> {
    const entry = this.#done(this.#entry(decision, observed, at), result);
    await this.#fenced(this.#key(entry.seq), stored(entry));
    return entry;
  }

  async complete(entry: JournalEntry, result: StepResult): Promise<JournalEntry> {
    const answered = this.#done(entry, result);
    const mine = {
      expression: "#token = :token",
      names: { "#token": "token" },
      values: { ":token": this.#lease.token },
    };
    await this.#fenced(this.#key(entry.seq), stored(answered), mine);
    return answered;
  }

  /**
   * Ends it, and records it in the stack's audit.
   *
   * @param approval Who let it go on, where it waited for that.
   */
  async end(record: Ending, approval?: Signal): Promise<void> {
    const { steps, migrations, ...rest } = record;
    const set = Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined));
    const item = `${operationPrefix}${this.#operation}`;
    const begun = await this.#table.get(item);
    const value = {
      ...begun,
      ...set,
      ...(steps && { steps: JSON.stringify(steps) }),
      ...(migrations && { migrations: JSON.stringify(migrations) }),
    };
    const writes: readonly TableWrite[] = [this.#lease.check(), { kind: "put", item, value, condition: open }];
    const entries = begun ? endEntries(toOperation(this.#table.stack, begun), record, approval) : [];
    if (await writeAudited(this.#table, entries, writes)) return;
    // Ended already: by this write, its answer lost, or by whoever took over. The first is believed.
    if ((await this.#table.get(item))?.["outcome"] === undefined) throw leaseLost(this.#table.stack);
  }

  #entry(decision: Decision, observed: Observed, at: number): JournalEntry {
    const seq = this.#next;
    // Counted before it is written: an intent whose answer was lost keeps its number, the next one gets another.
    this.#next += 1;
    return { seq, token: this.#lease.token, operation: this.#operation, at, decision, observed };
  }

  #done(entry: JournalEntry, result: StepResult): JournalEntry {
    return { ...entry, result, doneAt: this.#clock.now() };
  }

  #key(seq: number): string {
    return `${entryPrefix(this.#operation)}${String(seq).padStart(seqDigits, "0")}`;
  }

  async #fenced(item: string, value: Record<string, unknown>, condition: Condition = fresh): Promise<void> {
    if (await this.#table.write([this.#lease.check(), { kind: "put", item, value, condition }])) return;
    // A write whose answer was lost is retried by the SDK and then finds itself.
    const stored = await this.#table.get(item);
    const mine = stored !== undefined && Object.entries(value).every(([k, v]) => stored[k] === v);
    if (!mine) throw leaseLost(this.#table.stack);
  }
}

const fresh: Condition = { expression: "attribute_not_exists(#item)", names: { "#item": "item" } };

/** Begun and not ended. */
const open: Condition = {
  expression: "attribute_exists(#item) and attribute_not_exists(#outcome)",
  names: { "#item": "item", "#outcome": "outcome" },
};

function stored({ decision, observed, result, ...rest }: JournalEntry): Record<string, unknown> {
  return {
    ...rest,
    decision: JSON.stringify(decision),
    observed: JSON.stringify(observed),
    ...(result && { result: JSON.stringify(result) }),
  };
}

/** An ended operation's records: who approved it, and what came of it. */
export function endEntries(
  { goal, at }: Pick<OperationRecord, "goal" | "at">,
  { outcome, why, endedAt, planHash }: Ending,
  approval?: Signal,
): readonly AuditEntry[] {
  const end = operationEntry(goal, at, { outcome, why, endedAt, planHash, approver: approval?.by });
  if (approval === undefined) return [end];
  const { operation, version, commit, from } = end;
  const said = Date.parse(approval.at);
  const approvedAt = Number.isNaN(said) ? end.at : new Date(said).toISOString();
  const approved = { kind: "approval", actor: approval.by, at: approvedAt, outcome: "succeeded" } as const;
  return [{ ...approved, operation, version, commit, from }, end];
}

/** Operations, newest first. */
export async function readOperations(table: StackTable, limit?: number): Promise<OperationRecord[]> {
  const items = await table.query(operationPrefix, limit === undefined ? {} : { limit });
  return items.map((item) => toOperation(table.stack, item));
}

/** One operation; undefined where the ledger has none of this name. */
export async function readOperation(table: StackTable, operation: string): Promise<OperationRecord | undefined> {
  const item = await table.get(`${operationPrefix}${operation}`);
  return item && toOperation(table.stack, item);
}

/** Operations looked through for one that never ended: a new one starts only after it was undone, so it is near the end. */
const looksBack = 5;

/** The operations that never ended, newest first: at most one, and a repair or adoption of what it met. */
export async function operationsInFlight(table: StackTable): Promise<readonly OperationRecord[]> {
  return (await readOperations(table, looksBack)).filter((o) => o.outcome === undefined);
}

/** The newest operation that never ended, if there is one. */
export async function operationInFlight(table: StackTable): Promise<OperationRecord | undefined> {
  return (await operationsInFlight(table))[0];
}

export type DeployRecord = OperationRecord & { readonly goal: DeployGoal };

/**
 * The deploys of a version that succeeded, newest first, each of a service that none after it released: a deploy may be of
 * a part of them.
 *
 * @param operations Newest first.
 */
export function releasesOf(operations: readonly OperationRecord[], version: string): readonly DeployRecord[] {
  const released = new Set<string>();
  return operations.flatMap((record): readonly DeployRecord[] => {
    const { goal, outcome } = record;
    if (goal.kind !== "deploy" || goal.version !== version || outcome !== "succeeded") return [];
    const names = Object.keys(goal.images).filter((name) => !released.has(name));
    for (const name of names) released.add(name);
    return names.length === 0 ? [] : [{ ...record, goal }];
  });
}

/** Says in the records of a version's last releases which migrations they stand on since, so that they can be gone back to. */
export async function recordMigrations(
  table: StackTable,
  lease: Lease,
  version: string,
  migrations: readonly string[],
): Promise<void> {
  for (const { operation } of releasesOf(await readOperations(table), version)) {
    const item = await table.get(`${operationPrefix}${operation}`);
    if (!item) continue;
    const value = { ...item, migrations: JSON.stringify(migrations) };
    if (!(await table.write([lease.check(), { kind: "put", item: item.item, value }]))) throw leaseLost(table.stack);
  }
}

/** An operation's entries in order. */
export async function readJournal(table: StackTable, operation: string): Promise<JournalEntry[]> {
  const items = await table.query(entryPrefix(operation));
  return items.map((item) => toEntry(table.stack, item)).reverse();
}

function toOperation(stack: string, item: LedgerItem): OperationRecord {
  const read = readItem(stack, item, operationItem);
  if (item.item !== `${operationPrefix}${read.operation}`) throw unreadable(stack, item.item, "operation");
  if (read.goal["operation"] !== read.operation) throw unreadable(stack, item.item, "goal.operation");
  return defined<OperationRecord>(read);
}

function toEntry(stack: string, item: LedgerItem): JournalEntry {
  const read = readItem(stack, item, entryItem);
  const key = `${entryPrefix(read.operation)}${String(read.seq).padStart(seqDigits, "0")}`;
  if (item.item !== key) throw unreadable(stack, item.item, "operation or seq");
  return defined<JournalEntry>(read);
}

/** An item as its schema reads it. @throws SwitchyardError `invalid-ledger`, naming the item and the field. */
export function readItem<Schema extends z.ZodType>(stack: string, item: LedgerItem, schema: Schema): z.output<Schema> {
  const { success, data, error } = schema.safeParse(item);
  if (success) return data;
  const [first] = error.issues;
  throw unreadable(stack, item.item, first?.path.join(".") || "content", error);
}

/** The schemas let through what newer versions add, which no type can say; an absent field is absent, not undefined. */
function defined<T>(read: object): T {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as T;
}

/** @returns `invalid-ledger`, naming the item. */
export function unreadable(stack: string, item: string, field: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError("invalid-ledger", {
    what: `${field} is not readable`,
    where: `ledger ${stack}/${item}`,
    fix: "restore the item from the table's point-in-time backup",
    cause,
  });
}
