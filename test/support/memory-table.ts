import type { Condition, LedgerItem, StackTable, TableWrite } from "../../automation/ledger/table.ts";

type QueryOptions = { limit?: number; attributes?: readonly string[] };

/**
 * One stack's ledger in memory, for tests. Writes are atomic and reads are strongly consistent, as DynamoDB's are.
 * Evaluates the condition expressions the ledger uses; any other is an error, so that a new one cannot pass unevaluated.
 */
export class MemoryTable implements StackTable {
  readonly stack: string;
  readonly #items = new Map<string, LedgerItem>();

  constructor(stack = "production") {
    this.stack = stack;
  }

  /** What is stored, for a test to look at without a promise. */
  peek(item: string): LedgerItem | undefined {
    return this.#items.get(item);
  }

  keys(): readonly string[] {
    return [...this.#items.keys()].sort();
  }

  /** Stores an item whatever is there: what a person with a console could do. */
  put(item: string, value: Record<string, unknown>): void {
    this.#items.set(item, stored(this.stack, item, value));
  }

  /** Deletes an item: what a person with a console could do. */
  delete(item: string): void {
    this.#items.delete(item);
  }

  async get(item: string): Promise<LedgerItem | undefined> {
    return this.peek(item);
  }

  async query(prefix: string, options?: QueryOptions): Promise<LedgerItem[]> {
    return this.querySync(prefix, options);
  }

  async range(first: string, last: string, limit?: number): Promise<LedgerItem[]> {
    return this.rangeSync(first, last, limit);
  }

  async write(writes: readonly TableWrite[]): Promise<boolean> {
    return this.writeSync(writes);
  }

  async update(item: string, set: Record<string, unknown>, condition: Condition): Promise<boolean> {
    return this.updateSync(item, set, condition);
  }

  querySync(prefix: string, options: QueryOptions = {}): LedgerItem[] {
    const keys = this.keys().filter((key) => key.startsWith(prefix));
    const found = keys.reverse().map((key) => this.#items.get(key) as LedgerItem);
    const wanted = options.attributes && ["stack", "item", ...options.attributes];
    const projected = wanted
      ? found.map((i) => Object.fromEntries(Object.entries(i).filter(([k]) => wanted.includes(k))) as LedgerItem)
      : found;
    return projected.slice(0, options.limit ?? projected.length);
  }

  rangeSync(first: string, last: string, limit?: number): LedgerItem[] {
    const keys = this.keys().filter((key) => key >= first && key <= last);
    return keys.slice(0, limit ?? keys.length).map((key) => this.#items.get(key) as LedgerItem);
  }

  writeSync(writes: readonly TableWrite[]): boolean {
    if (!writes.every((w) => w.condition === undefined || holds(w.condition, this.#items.get(w.item)))) return false;
    for (const w of writes) if (w.kind === "put") this.put(w.item, w.value);
    return true;
  }

  updateSync(item: string, set: Record<string, unknown>, condition: Condition): boolean {
    if (!holds(condition, this.#items.get(item))) return false;
    this.put(item, { ...this.#items.get(item), ...set });
    return true;
  }
}

/** As the table's marshalling stores it: undefined values are left out, nothing is shared with the caller. */
function stored(stack: string, item: string, value: Record<string, unknown>): LedgerItem {
  return Object.freeze({ ...(JSON.parse(JSON.stringify(value)) as Record<string, unknown>), stack, item });
}

/** Evaluates terms joined by `and`: attribute_exists, attribute_not_exists, and equality. */
function holds({ expression, names = {}, values = {} }: Condition, item: LedgerItem | undefined): boolean {
  return expression.split(" and ").every((term) => {
    const exists = /^attribute_(not_)?exists\((#\w+)\)$/.exec(term);
    if (exists?.[2]) return (item?.[nameOf(names, exists[2])] === undefined) === (exists[1] !== undefined);
    const equals = /^(#\w+) = (:\w+)$/.exec(term);
    if (!equals?.[1] || !equals[2] || !(equals[2] in values))
      throw new Error(`condition not understood: ${expression}`);
    return item !== undefined && item[nameOf(names, equals[1])] === values[equals[2]];
  });
}

function nameOf(names: Record<string, string>, placeholder: string): string {
  const name = names[placeholder];
  if (name === undefined) throw new Error(`no attribute name for ${placeholder}`);
  return name;
}
