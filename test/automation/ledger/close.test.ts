import assert from "node:assert/strict";
import type { Clock } from "../../../automation/clock.ts";
import { closeEnvironment, readClosed } from "../../../automation/ledger/close.ts";
import { Journal, operationInFlight, readOperations } from "../../../automation/ledger/journal.ts";
import { Lease } from "../../../automation/ledger/lease.ts";
import { readRelease, writeRelease } from "../../../automation/ledger/release.ts";
import { emptyRelease } from "../../../programs/release.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { deployed, goal } from "../deploy/fixtures.ts";

const clock: Clock = {
  now: () => 1_000,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
};
const why = { by: "someone", why: "it was destroyed" };

async function held(table: MemoryTable): Promise<Lease> {
  return Lease.acquire(table, { holder: "a", purpose: "destroy", durationMs: 60_000, clock, isDead: () => false });
}

describe("an environment that ended", () => {
  it("has an empty release, no outputs and nothing in flight; its history stays", async () => {
    const table = new MemoryTable();
    const lease = await held(table);
    const blue = { ...deployed("v1"), digest: `web@sha256:${"0".repeat(64)}` };
    const services = { web: { live: "blue", blue } } as const;
    await writeRelease(table, lease, { ...emptyRelease, revision: 1, services });
    await Journal.begin(table, lease, clock, goal());
    table.put("shape", { outputs: "{}" });
    assert.equal(await closeEnvironment({ table, lease, clock }, why), true);
    assert.deepEqual(await readRelease(table), { ...emptyRelease, revision: 2 });
    assert.deepEqual(await readClosed(table), { ...why, at: "1970-01-01T00:00:01.000Z" });
    assert.equal(await operationInFlight(table), undefined);
    const [last] = await readOperations(table);
    assert.deepEqual([last?.outcome, last?.why], ["failed", "ended with the environment: it was destroyed"]);
    await writeRelease(table, lease, { ...emptyRelease, revision: 3 });
    await lease.release();
  });

  it("that never was leaves nothing behind", async () => {
    const table = new MemoryTable();
    const lease = await held(table);
    assert.equal(await closeEnvironment({ table, lease, clock }, why), false);
    assert.equal(await readClosed(table), undefined);
    assert.equal(table.peek("release"), undefined);
    await lease.release();
  });

  it("is not ended by who lost the lease", async () => {
    const table = new MemoryTable();
    const lease = await held(table);
    table.put("shape", { outputs: "{}" });
    table.put("lease", { ...table.peek("lease"), token: 99 });
    await assert.rejects(closeEnvironment({ table, lease, clock }, why), { code: "lease-lost" });
    assert.equal(await readClosed(table), undefined);
    await lease.release();
  });
});
