import assert from "node:assert/strict";
import type { Clock } from "../../../automation/clock.ts";
import type { Decision } from "../../../automation/deploy/decide/decision.ts";
import type { SweepGoal } from "../../../automation/deploy/decide/goal.ts";
import type { Observed } from "../../../automation/deploy/decide/model.ts";
import { readChain } from "../../../automation/ledger/audit.ts";
import { readRecord } from "../../../automation/ledger/chain.ts";
import {
  Journal,
  type OperationRecord,
  operationInFlight,
  operationsInFlight,
  readJournal,
  readOperations,
  recordMigrations,
} from "../../../automation/ledger/journal.ts";
import { Lease } from "../../../automation/ledger/lease.ts";
import { readRelease, writeRelease } from "../../../automation/ledger/release.ts";
import { readApprovals, readSignal, writeSignal } from "../../../automation/ledger/signals.ts";
import type { TableWrite } from "../../../automation/ledger/table.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { emptyRelease } from "../../../programs/release.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { goal as deployGoal } from "../deploy/fixtures.ts";

const clock: Clock = {
  now: () => 1_000,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
};
const observed: Observed = { release: emptyRelease, services: {} };
const decision: Decision = { kind: "step", phase: "sweep", why: "because", writes: [] };
const refused = (code: string) => (error: unknown) => error instanceof SwitchyardError && error.code === code;

function goal(operation: string): SweepGoal {
  const limits = {
    healthyMs: 1,
    failedTasks: 1,
    approvalMs: 1,
    keepWarmMs: 1,
    propagationMs: 1,
    finalBakeMs: 0,
    keepTaskDefinitions: 1,
  };
  return {
    kind: "sweep",
    operation,
    actor: "a",
    version: "v",
    strategy: { kind: "all-at-once" },
    services: [],
    limits,
  };
}

/** Takes effect, and its answer is lost: the SDK tries again and the condition fails. */
class LossyTable extends MemoryTable {
  lose = false;
  override async write(writes: readonly TableWrite[]): Promise<boolean> {
    const first = await super.write(writes);
    return this.lose ? super.write(writes) : first;
  }
}

describe("the ledger", () => {
  let table: LossyTable;
  let lease: Lease;
  beforeEach(async () => {
    table = new LossyTable();
    lease = await acquire("a");
  });
  const acquire = (holder: string) =>
    Lease.acquire(table, { holder, purpose: "p", durationMs: 30_000, clock, isDead: () => true });
  const begin = (operation = "1") => Journal.begin(table, lease, clock, goal(operation));

  it("keeps intents and results in order", async () => {
    const journal = await begin();
    const first = await journal.intend(decision, observed, 5);
    await journal.complete(first, { ok: true });
    await journal.intend(decision, observed, 6);
    const entries = await readJournal(table, "1");
    assert.deepEqual(
      entries.map((e) => [e.seq, e.at, e.token, e.result?.ok]),
      [
        [0, 5, 1, true],
        [1, 6, 1, undefined],
      ],
    );
    assert.deepEqual(entries[0]?.observed, observed);
    assert.deepEqual(entries[0]?.decision, decision);
  });

  it("keeps a step that writes nothing in one write, in order with the others", async () => {
    const journal = await begin();
    await journal.intend(decision, observed, 5);
    await journal.record(decision, observed, 6, { ok: true });
    const entries = await readJournal(table, "1");
    assert.deepEqual(
      entries.map((e) => [e.seq, e.at, e.result?.ok]),
      [
        [0, 5, undefined],
        [1, 6, true],
      ],
    );
  });

  it("goes on counting where the journal ends", async () => {
    const journal = await begin();
    await journal.intend(decision, observed, 5);
    const entries = await readJournal(table, "1");
    const again = await Journal.resume(table, lease, clock, "1", entries).intend(decision, observed, 6);
    assert.equal(again.seq, 1);
  });

  it("takes a write whose answer was lost for done", async () => {
    table.lose = true;
    const journal = await begin();
    const entry = await journal.intend(decision, observed, 5);
    await journal.complete(entry, { ok: false, problem: "no" });
    assert.deepEqual((await readJournal(table, "1"))[0]?.result, { ok: false, problem: "no" });
  });

  it("refuses a holder that was taken over: no intent, no result, no operation, no release", async () => {
    const journal = await begin();
    const entry = await journal.intend(decision, observed, 5);
    await acquire("b");
    const before = table.keys();
    await assert.rejects(journal.intend(decision, observed, 6), refused("lease-lost"));
    await assert.rejects(journal.complete(entry, { ok: true }), refused("lease-lost"));
    await assert.rejects(journal.record(decision, observed, 6, { ok: true }), refused("lease-lost"));
    await assert.rejects(begin("2"), refused("lease-lost"));
    await assert.rejects(writeRelease(table, lease, { ...emptyRelease, revision: 1 }), refused("lease-lost"));
    assert.deepEqual(table.keys(), before);
    assert.equal((await readJournal(table, "1"))[0]?.result, undefined);
  });

  it("refuses a holder that has given the lease back", async () => {
    const journal = await begin();
    await lease.release();
    await assert.rejects(journal.intend(decision, observed, 6), refused("lease-lost"));
  });

  it("believes the first to say how an operation ended", async () => {
    const journal = await begin();
    assert.equal((await operationInFlight(table))?.operation, "1");
    await journal.end({ outcome: "succeeded", why: "done", endedAt: 2_000, steps: [], migrations: ["0001"] });
    await journal.end({ outcome: "failed", why: "late", endedAt: 2_000 });
    const [record] = await readOperations(table);
    assert.deepEqual(record, {
      operation: "1",
      at: 1_000,
      goal: goal("1"),
      outcome: "succeeded",
      why: "done",
      endedAt: 2_000,
      steps: [],
      migrations: ["0001"],
    });
    const [recorded, ...more] = (await readChain(table)).map(({ text }) => readRecord(text));
    assert.deepEqual(more, []);
    assert.deepEqual(
      [recorded?.kind, recorded?.operation, recorded?.actor, recorded?.outcome, recorded?.why, recorded?.ms],
      ["sweep", "1", "a", "succeeded", "done", 1_000],
    );
    assert.equal(await operationInFlight(table), undefined);
  });

  it("lets a version's last release stand on migrations that ran since", async () => {
    for (const operation of ["1", "2", "3"]) {
      const common = { ...deployGoal({ operation, version: operation === "3" ? "v9" : "v8" }) };
      const journal = await Journal.begin(table, lease, clock, common);
      await journal.end({ outcome: "succeeded", why: "", endedAt: 2_000, migrations: [operation] });
    }
    await recordMigrations(table, lease, "v8", ["1", "2", "contract"]);
    await recordMigrations(table, lease, "v7", ["nothing was ever v7"]);
    const migrations = (await readOperations(table)).map((o) => [o.operation, o.migrations]);
    assert.deepEqual(migrations, [
      ["3", ["3"]],
      ["2", ["1", "2", "contract"]],
      ["1", ["1"]],
    ]);
    await acquire("b");
    await assert.rejects(recordMigrations(table, lease, "v8", []), refused("lease-lost"));
  });

  it("finds every operation that never ended, newest first", async () => {
    await begin("1");
    await (await begin("2")).end({ outcome: "succeeded", why: "done", endedAt: 2_000 });
    await begin("3");
    assert.deepEqual(
      (await operationsInFlight(table)).map((o) => o.operation),
      ["3", "1"],
    );
    assert.deepEqual(
      (await readOperations(table, 1)).map((o) => o.operation),
      ["3"],
    );
  });

  it("keeps the first approval; an abort counts before it", async () => {
    assert.equal(await readSignal(table, "1"), undefined);
    const record = { operation: "1", goal: deployGoal({ operation: "1" }) };
    assert.equal(await writeSignal(table, record, { kind: "promote", by: "a", at: "now" }), true);
    assert.equal(await writeSignal(table, record, { kind: "promote", by: "b", at: "now" }), false);
    assert.deepEqual(await readSignal(table, "1"), { kind: "promote", by: "a", at: "now" });
    assert.equal(await writeSignal(table, record, { kind: "abort", by: "c", at: "now" }), true);
    assert.deepEqual(await readSignal(table, "1"), { kind: "abort", by: "c", at: "now" });
  });

  it("says who approved by the approvals' own items, of operations that waited for approval only", async () => {
    const operations: OperationRecord[] = [
      { operation: "1", at: 1, goal: deployGoal({ operation: "1", approval: true }) },
      { operation: "2", at: 2, goal: deployGoal({ operation: "2", approval: true }) },
      { operation: "3", at: 3, goal: deployGoal({ operation: "3", approval: false }) },
      { operation: "4", at: 4, goal: goal("4") },
    ];
    const approval = { kind: "promote", by: "ann", at: "now" } as const;
    for (const record of operations) if (record.operation !== "2") await writeSignal(table, record, approval);
    // What whoever deploys may write: the operation's own record, and a word that is no approval.
    for (const { operation, goal, at } of operations)
      table.put(`operation#${operation}`, { operation, at, goal: JSON.stringify(goal), approver: "forged" });
    const [approved, other] = operations;
    assert.ok(approved && other);
    await writeSignal(table, other, { kind: "abort", by: "bob", at: "now" });
    assert.deepEqual([...(await readApprovals(table, operations))], [["1", approval]]);
    assert.ok((await readOperations(table)).every((record) => !("approver" in record)));
    for (const change of [{ version: "v9" }, { images: { web: { digest: "r@sha256:9", version: "v2" } } }]) {
      const goal = deployGoal({ operation: "1", approval: true, ...change });
      assert.equal((await readApprovals(table, [{ ...approved, goal }])).size, 0, "it was of other content");
    }
  });

  const malformed: [string, Record<string, unknown>, () => Promise<unknown>][] = [
    ["signal#1", { kind: "shout" }, () => readSignal(table, "1")],
    // An approval where who deploys may write, too.
    ["signal#1", { kind: "promote", by: "a" }, () => readSignal(table, "1")],
    ["signal#1#approval", { kind: "abort" }, () => readSignal(table, "1")],
    ["operation#1", { operation: "1", at: "x", goal: "{}" }, () => readOperations(table)],
    ["operation#1", { operation: "1", at: 1, goal: "{" }, () => readOperations(table)],
    ["journal#1#000000", { seq: "x", token: 1, at: 1 }, () => readJournal(table, "1")],
    ["journal#1#000000", { seq: 0, token: 1, at: 1, decision: "{" }, () => readJournal(table, "1")],
  ];
  for (const [item, value, read] of malformed)
    it(`names ${item} when it is not readable: ${JSON.stringify(value)}`, async () => {
      table.put(item, value);
      await assert.rejects(read, (error: unknown) => refused("invalid-ledger")(error) && String(error).includes(item));
    });

  describe("the release document", () => {
    const revision = (n: number) => ({ ...emptyRelease, revision: n });

    it("is empty before anything was written, and grows by one revision a write", async () => {
      assert.deepEqual(await readRelease(table), emptyRelease);
      await writeRelease(table, lease, revision(1));
      await writeRelease(table, lease, revision(2));
      assert.deepEqual(await readRelease(table), revision(2));
    });
    it("may be written twice: the first answer may have been lost", async () => {
      table.lose = true;
      await writeRelease(table, lease, revision(1));
      assert.deepEqual(await readRelease(table), revision(1));
    });
    it("is not written over another's", async () => {
      await writeRelease(table, lease, revision(1));
      const other = { ...revision(1), services: { web: {} } };
      await assert.rejects(writeRelease(table, lease, other), refused("lease-lost"));
      await assert.rejects(writeRelease(table, lease, revision(3)), refused("lease-lost"));
    });
  });
});
