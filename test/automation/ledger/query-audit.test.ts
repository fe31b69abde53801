import assert from "node:assert/strict";
import fc from "fast-check";
import { recordItem, writeAudited } from "../../../automation/ledger/audit.ts";
import { auditKinds, auditOutcomes } from "../../../automation/ledger/audit-kinds.ts";
import type { AuditEntry } from "../../../automation/ledger/chain.ts";
import { type AuditFilter, matches, queryAudit } from "../../../automation/ledger/query-audit.ts";
import type { LedgerItem } from "../../../automation/ledger/table.ts";
import { MemoryTable } from "../../support/memory-table.ts";

const dayMs = 86_400_000;
const begun = Date.parse("2026-01-01T00:00:00Z");

/** Counts the items it is asked for. */
class CountingTable extends MemoryTable {
  read = 0;
  override async range(first: string, last: string, limit?: number): Promise<LedgerItem[]> {
    const found = await super.range(first, last, limit);
    this.read += found.length;
    return found;
  }
}

const entryAt = (at: number, rest: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ at: new Date(at).toISOString(), kind: "apply", actor: "ann", from: "here", outcome: "succeeded" },
  ...rest,
});

async function filled(entries: readonly AuditEntry[]): Promise<CountingTable> {
  const table = new CountingTable();
  // As many as one transaction takes.
  for (let from = 0; from < entries.length; from += 90) await writeAudited(table, entries.slice(from, from + 90));
  return table;
}

const entries = fc.array(
  fc.record({
    minutes: fc.integer({ min: -20, max: 20 }),
    actor: fc.constantFrom("ann", "bob"),
    kind: fc.constantFrom(...auditKinds),
    outcome: fc.constantFrom(...auditOutcomes),
    commit: fc.constantFrom("aaaa1", "aaaa2", "bbbb"),
  }),
  { maxLength: 80 },
);
/** In steps of hours, to and fro by less than half of one: clocks of several machines. */
const history = entries.map((list) =>
  list.map(({ minutes, ...rest }, i) => entryAt(begun + i * 3_600_000 + minutes * 60_000, rest)),
);
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const moments = fc.integer({ min: -5, max: 85 }).map((hour) => begun + hour * 3_600_000);
const filters: fc.Arbitrary<AuditFilter> = fc.record({
  since: optional(moments),
  until: optional(moments),
  actor: optional(fc.constantFrom("ann", "bob", "cleo")),
  kind: optional(fc.constantFrom(...auditKinds)),
  outcome: optional(fc.constantFrom(...auditOutcomes)),
  commit: optional(fc.constantFrom("aaaa", "aaaa1", "cccc")),
});

describe("a query of the audit", () => {
  it("finds what fits and nothing else, newest first", async () => {
    await fc.assert(
      fc.asyncProperty(history, filters, optional(fc.integer({ min: 1, max: 10 })), async (all, filter, limit) => {
        const { found, unreadable } = await queryAudit(await filled(all), filter, limit);
        const fits = all.map(
          (entry, i) => ({ ...entry, format: 1, stack: "production", seq: i + 1, prev: "" }) as const,
        );
        const expected = fits.filter((record) => matches(record, filter)).toReversed();
        assert.deepEqual(
          found.map(({ record }) => record.seq),
          expected.slice(0, limit).map(({ seq }) => seq),
        );
        assert.deepEqual(unreadable, []);
      }),
    );
  });

  it("reads pages near the week asked for, of years", async () => {
    const table = await filled(Array.from({ length: 20_000 }, (_, i) => entryAt(begun + (i * dayMs) / 20)));
    const since = begun + 300 * dayMs;
    const { found } = await queryAudit(table, { since, until: since + 7 * dayMs });
    assert.equal(found.length, 141);
    assert.ok(table.read < 1_200, `${table.read} records were read`);
  });

  it("passes over what is missing, and says what is no record", async () => {
    const table = await filled(Array.from({ length: 20 }, (_, i) => entryAt(begun + i * dayMs)));
    table.delete(recordItem(7));
    table.put(recordItem(9), { record: "x" });
    const { found, unreadable } = await queryAudit(table, { until: begun + 10 * dayMs });
    assert.deepEqual(
      found.map(({ record }) => record.seq),
      [11, 10, 8, 6, 5, 4, 3, 2, 1],
    );
    assert.deepEqual(unreadable, [9]);
  });
});
