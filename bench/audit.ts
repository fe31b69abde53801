/** What a query of a long audit reads: of one stack, a week of years. In memory, for what is counted is the same anywhere. */
import { recordItem } from "../automation/ledger/audit.ts";
import { beforeTheFirst, headOf, link } from "../automation/ledger/chain.ts";
import { queryAudit } from "../automation/ledger/query-audit.ts";
import type { LedgerItem, StackTable } from "../automation/ledger/table.ts";
import type { BenchResult, Row } from "./measure.ts";

const records = 100_000;
const dayMs = 86_400_000;
/** Of five years. */
const apartMs = (5 * 365 * dayMs) / records;
const begun = Date.parse("2021-01-01T00:00:00Z");

export async function audit(): Promise<BenchResult> {
  const texts = chain();
  const moments = { newest: 0, "a year ago": 365, "four years ago": 4 * 365 };
  const rows: Row[] = [];
  for (const [when, days] of Object.entries(moments)) {
    const until = begun + records * apartMs - days * dayMs;
    const table = counting(texts);
    const started = performance.now();
    const { found } = await queryAudit(table, { since: until - 7 * dayMs, until });
    const ms = performance.now() - started;
    const group = `a week, ${when}, of ${records} records: ${found.length} found`;
    rows.push(
      { group, what: "calls", value: table.calls, unit: "calls", limit: 25 },
      { group, what: "records read, by those found", value: table.read / found.length, unit: "×", limit: 3 },
      { group, what: "time without AWS", value: ms, unit: "ms", limit: 1000 },
    );
  }
  return { bench: "audit", rows };
}

function chain(): readonly string[] {
  const texts: string[] = [];
  let end = beforeTheFirst;
  for (let i = 0; i < records; i++) {
    const at = new Date(begun + i * apartMs).toISOString();
    const entry = { at, kind: "apply", actor: "ann", from: "bench", outcome: "succeeded" } as const;
    const [record] = link("production", end, [entry]);
    if (!record) throw new Error("a link is a record");
    texts.push(record.text);
    end = headOf(record);
  }
  return texts;
}

interface Counting extends StackTable {
  readonly calls: number;
  readonly read: number;
}

/** Answers reads as DynamoDB does, and counts them; whatever else it is asked for is a fault of the bench. */
function counting(texts: readonly string[]): Counting {
  const item = (seq: number): LedgerItem => ({
    ...{ stack: "production", item: recordItem(seq) },
    record: texts[seq - 1],
  });
  const seqOf = (key: string) => Number(key.slice(key.indexOf("#") + 1));
  const refuse = () => Promise.reject(new Error("a query reads pages of records alone"));
  return {
    stack: "production",
    calls: 0,
    read: 0,
    get: refuse,
    write: refuse,
    update: refuse,
    async query(_prefix, { limit = 0 } = {}) {
      return take(this as Mutable, texts.length - limit + 1, texts.length).toReversed();
    },
    async range(first, last, limit = Number.POSITIVE_INFINITY) {
      const from = Math.max(1, seqOf(first));
      return take(this as Mutable, from, Math.min(seqOf(last), texts.length, from + limit - 1));
    },
  };

  function take(table: Mutable, from: number, to: number): LedgerItem[] {
    const items = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => item(from + i));
    table.calls += 1;
    table.read += items.length;
    return items;
  }
}

type Mutable = { -readonly [Key in keyof Counting]: Counting[Key] };
