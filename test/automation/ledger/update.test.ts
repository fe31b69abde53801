import assert from "node:assert/strict";
import { Lease } from "../../../automation/ledger/lease.ts";
import { beginUpdate, leftUpdate } from "../../../automation/ledger/update.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { MemoryTable } from "../../support/memory-table.ts";

describe("that an update has begun", () => {
  const clock = { now: () => 1_000, sleep: () => new Promise<void>(() => {}) };
  const take = (table: MemoryTable, holder: string) =>
    Lease.acquire(table, { holder, purpose: "up", durationMs: 30_000, clock, isDead: () => true });
  const code = (expected: string) => (error: unknown) => error instanceof SwitchyardError && error.code === expected;

  it("is in the ledger until it says that it is done", async () => {
    const table = new MemoryTable();
    const lease = await take(table, "a");
    assert.equal(await leftUpdate(table), undefined);
    const done = await beginUpdate(table, lease, clock);
    assert.equal((await leftUpdate(table))?.token, lease.token);
    assert.equal((await leftUpdate(table))?.startedAt, 1_000);
    await done();
    assert.equal(await leftUpdate(table), undefined);
  });

  it("stays there when its driver dies, for whoever takes the lease over", async () => {
    const table = new MemoryTable();
    await beginUpdate(table, await take(table, "a"), clock);
    const next = await take(table, "b");
    assert.equal((await leftUpdate(table))?.token, next.token - 1);
  });

  it("is not written, nor taken back, by who has lost the lease", async () => {
    const table = new MemoryTable();
    const lease = await take(table, "a");
    const done = await beginUpdate(table, lease, clock);
    await take(table, "b");
    await assert.rejects(done(), code("lease-lost"));
    await assert.rejects(beginUpdate(table, lease, clock), code("lease-lost"));
    assert.ok(await leftUpdate(table));
  });

  for (const change of [{ token: "7" }, { host: "" }, { startedAt: null }, { open: 1 }, { identity: {} }])
    it(`is refused where a hand has changed it: ${JSON.stringify(change)}`, async () => {
      const table = new MemoryTable();
      table.put("update", { token: 1, host: "h", startedAt: 1, open: true, ...change });
      await assert.rejects(leftUpdate(table), code("invalid-ledger"));
    });
});
