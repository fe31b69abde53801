import { SwitchyardError } from "../../programs/errors.ts";
import type { Clock } from "../clock.ts";
import type { Decision, Goal, JournalEntry, Observed, StepResult } from "../deploy/model.ts";
import { type Lease, leaseLost } from "./lease.ts";
import type { Condition, LedgerItem, StackTable } from "./table.ts";

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

export interface StepTiming {
  readonly name: string;
  readonly ms: number;
  readonly awsCalls: number;
}

const operationPrefix = "operation#";
const entryPrefix = (operation: string) => `journal#${operation}#`;

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

  async end(record: Omit<OperationRecord, "operation" | "goal" | "at">): Promise<void> {
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
    if (await this.#table.write([this.#lease.check(), { kind: "put", item, value, condition: open }])) return;
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
    return `${entryPrefix(this.#operation)}${String(seq).padStart(6, "0")}`;
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

/** Operations, newest first. */
export async function readOperations(table: StackTable, limit?: number): Promise<OperationRecord[]> {
  const items = await table.query(operationPrefix, limit === undefined ? {} : { limit });
  return items.map((item) => toOperation(table.stack, item));
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

/** Says in the record of a version's last release which migrations it stands on since, so that it can be gone back to. */
export async function recordMigrations(
  table: StackTable,
  lease: Lease,
  version: string,
  migrations: readonly string[],
): Promise<void> {
  const found = (await readOperations(table)).find(
    ({ goal, outcome }) => goal.kind === "deploy" && goal.version === version && outcome === "succeeded",
  );
  const item = found && (await table.get(`${operationPrefix}${found.operation}`));
  if (!item) return;
  const value = { ...item, migrations: JSON.stringify(migrations) };
  if (!(await table.write([lease.check(), { kind: "put", item: item.item, value }]))) throw leaseLost(table.stack);
}

/** An operation's entries in order. */
export async function readJournal(table: StackTable, operation: string): Promise<JournalEntry[]> {
  const items = await table.query(entryPrefix(operation));
  return items.map((item) => toEntry(table.stack, item)).reverse();
}

function toOperation(stack: string, item: LedgerItem): OperationRecord {
  const { operation, at } = item;
  if (typeof operation !== "string" || typeof at !== "number") throw unreadable(stack, item.item, "operation or at");
  const text = (key: string) => (typeof item[key] === "string" ? { [key]: item[key] } : {});
  return {
    operation,
    at,
    goal: parsed<Goal>(stack, item, "goal"),
    ...text("outcome"),
    ...text("why"),
    ...text("planHash"),
    ...(typeof item["endedAt"] === "number" && { endedAt: item["endedAt"] }),
    ...(item["migrations"] !== undefined && { migrations: parsed<string[]>(stack, item, "migrations") }),
    ...(item["steps"] !== undefined && { steps: parsed<StepTiming[]>(stack, item, "steps") }),
  };
}

function toEntry(stack: string, item: LedgerItem): JournalEntry {
  const { seq, token, operation, at } = item;
  if (typeof seq !== "number" || typeof token !== "number" || typeof at !== "number")
    throw unreadable(stack, item.item, "seq, token or at");
  return {
    seq,
    token,
    at,
    operation: String(operation),
    decision: parsed(stack, item, "decision"),
    ...(item["observed"] !== undefined && { observed: parsed<Observed>(stack, item, "observed") }),
    ...(item["result"] !== undefined && { result: parsed<StepResult>(stack, item, "result") }),
    ...(typeof item["doneAt"] === "number" && { doneAt: item["doneAt"] }),
  };
}

/** The driver is the only writer and writes these as JSON; what is not JSON any more was changed by hand. */
function parsed<T>(stack: string, item: LedgerItem, field: string): T {
  try {
    return JSON.parse(String(item[field])) as T;
  } catch (cause) {
    throw unreadable(stack, item.item, field, cause);
  }
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
