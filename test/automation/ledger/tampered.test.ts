import assert from "node:assert/strict";
import fc from "fast-check";
import { systemClock } from "../../../automation/clock.ts";
import { readShape } from "../../../automation/deploy/act/stage.ts";
import { explainOperation } from "../../../automation/deploy/decide/explain.ts";
import { progressOf } from "../../../automation/deploy/decide/progress.ts";
import { readClosed } from "../../../automation/ledger/close.ts";
import { readFrozen, setFrozen } from "../../../automation/ledger/freeze.ts";
import { readJournal, readOperations } from "../../../automation/ledger/journal.ts";
import { readLease } from "../../../automation/ledger/lease.ts";
import { queryAudit } from "../../../automation/ledger/query-audit.ts";
import { readRelease } from "../../../automation/ledger/release.ts";
import { readApprovals, readSignal, writeSignal } from "../../../automation/ledger/signals.ts";
import type { StackTable } from "../../../automation/ledger/table.ts";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { placesOf, tampered, tamperings } from "../../support/tampering.ts";
import type { DriverPlan, Schedule } from "../../support/world/schedule.ts";
import { playSchedule } from "../../support/world/world.ts";

const driver = (plan: Partial<DriverPlan>): DriverPlan => ({
  command: { kind: "deploy", version: "v2", strategy: { kind: "canary", percent: 10, bakeMs: 60_000 }, approval: true },
  ...{ startMs: 0, skewMs: 0, faults: [], pauses: [] },
  ...plan,
});

/** A deploy of v2 that is approved, and killed in the midst of its canary. */
const schedule: Schedule = {
  ...{ seed: 7, fresh: false, services: 2, v3: "ok", hands: [], handCounts: [], flaps: [], staleMs: 0 },
  drivers: [driver({ kill: { call: 150, when: "during" } }), driver({ command: { kind: "promote" }, startMs: 60_000 })],
};

/** Everything any command reads of a ledger, and decides from it. */
async function readAll(table: StackTable): Promise<void> {
  await readRelease(table);
  await readLease(table);
  await readShape(table);
  await readClosed(table);
  await readFrozen(table);
  await queryAudit(table, {});
  const operations = await readOperations(table);
  await readApprovals(table, operations);
  for (const { operation, goal } of operations) {
    await readSignal(table, operation);
    const entries = await readJournal(table, operation);
    progressOf(entries);
    explainOperation(goal, entries);
  }
}

function copyOf(table: MemoryTable): MemoryTable {
  const copy = new MemoryTable();
  for (const key of table.keys()) copy.put(key, table.peek(key) ?? {});
  return copy;
}

/** @throws unless it is refused as the content of the ledger, and the message says where. */
function assertSaysWhere(error: unknown, key: string, what: string): void {
  assert.ok(error instanceof SwitchyardError, `${what}: ${String((error as Error).stack)}`);
  assert.equal(errorCatalogue[error.code].exitCode, 3, `${what}: ${error.message}`);
  const named = key === "shape" && error.code === "invalid-response" ? "output" : key;
  assert.ok(error.message.includes(named), `${what}: ${error.message}`);
}

describe("a ledger that a hand has changed", () => {
  let ledger: MemoryTable;

  before("play a deploy that is killed in the midst", async () => {
    await playSchedule(schedule, (table) => {
      ledger = copyOf(table);
    });
    const [newest] = await readOperations(ledger);
    assert.ok(newest && newest.outcome === undefined, "the deploy is in flight");
    await writeSignal(ledger, newest, { kind: "abort", by: "ann", at: "2026-01-05T00:00:00Z" });
    await setFrozen(ledger, systemClock, true, "stocktaking");
    await readAll(ledger);
  });

  it("has every kind of item", () => {
    const kinds = new Set(ledger.keys().map((key) => key.replace(/#.*(#approval)?$/, "$1")));
    for (const kind of ["lease", "operation", "journal", "release", "shape", "signal", "frozen", "audit"])
      assert.ok(kinds.has(kind), kind);
  });

  it("is refused by everything that reads it with exit code 3, naming the item, or is as good as before", async () => {
    let refused = 0;
    const items = () => ledger.keys().filter((key) => placesOf(ledger.peek(key)).length > 0);
    const change = fc
      .constantFrom(...items())
      .chain((key) => tamperings(ledger.peek(key)).map(([place, leftover]) => ({ key, place, leftover })));
    await fc.assert(
      fc.asyncProperty(change, async ({ key, place, leftover }) => {
        const table = copyOf(ledger);
        table.put(key, tampered(ledger.peek(key) ?? {}, place, leftover));
        try {
          await readAll(table);
        } catch (error) {
          refused += 1;
          assertSaysWhere(error, key, `${place.join(".")} = ${JSON.stringify(leftover)}`);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(refused > 150, `only ${refused} were refused`);
  });

  it("makes no command fail by a fault of the driver's own", async () => {
    // Other names of resources are another matter: the simulated account knows only its own. Nothing is audited or frozen
    // when the drivers begin: such an item would be one more, not another.
    const isOfDrivers = (key: string) => key !== "shape" && key !== "frozen" && !key.startsWith("audit");
    const keys = ledger.keys().filter((key) => isOfDrivers(key) && placesOf(ledger.peek(key)).length > 0);
    const change = fc.constantFrom(...keys).chain((key) => fc.tuple(fc.constant(key), tamperings(ledger.peek(key))));
    await fc.assert(
      fc.asyncProperty(change, async ([key, [place, leftover]]) => {
        const { violations, log } = await playSchedule(schedule, (table) =>
          table.put(key, tampered(table.peek(key) ?? {}, place, leftover)),
        );
        const own = violations.filter((v) => !/^not settled by/.test(v));
        assert.deepEqual(own, [], log.slice(-15).join("\n"));
      }),
      { numRuns: 30 },
    );
  });
});
