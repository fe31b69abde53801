import assert from "node:assert/strict";
import type { Clock } from "../../../automation/clock.ts";
import { readChain } from "../../../automation/ledger/audit.ts";
import { readRecord } from "../../../automation/ledger/chain.ts";
import { readFrozen, refuseFrozen, setFrozen } from "../../../automation/ledger/freeze.ts";
import { MemoryTable } from "../../support/memory-table.ts";

const clock: Clock = { now: () => 1_000, sleep: async () => undefined };

async function recorded(table: MemoryTable): Promise<readonly string[]> {
  return (await readChain(table)).map(({ text }) => `${readRecord(text)?.kind} ${readRecord(text)?.why ?? ""}`.trim());
}

describe("a frozen stack", () => {
  it("says who froze it and why, until it is let change again; both are recorded", async () => {
    const table = new MemoryTable();
    assert.equal(await readFrozen(table), undefined);
    await refuseFrozen(table);
    assert.equal(await setFrozen(table, clock, true, "incident"), true);
    assert.equal((await readFrozen(table))?.why, "incident");
    await assert.rejects(refuseFrozen(table), { code: "frozen", message: /frozen by .* at 1970-.* \(incident\)/ });
    assert.equal(await setFrozen(table, clock, false, ""), true);
    assert.equal(await readFrozen(table), undefined);
    await refuseFrozen(table);
    assert.deepEqual(await recorded(table), ["freeze incident", "unfreeze"]);
  });

  it("stays as it is when it is so already, and nothing is recorded", async () => {
    const table = new MemoryTable();
    assert.equal(await setFrozen(table, clock, false, ""), false);
    await setFrozen(table, clock, true, "first");
    assert.equal(await setFrozen(table, clock, true, "second"), false);
    assert.equal((await readFrozen(table))?.why, "first");
    assert.deepEqual(await recorded(table), ["freeze first"]);
  });

  it("is told as unreadable when a hand has changed it, and can be frozen and let go again", async () => {
    for (const frozen of [true, false]) {
      const table = new MemoryTable();
      table.put("frozen", { frozen: "perhaps" });
      await assert.rejects(refuseFrozen(table), { code: "invalid-ledger", message: /frozen/ });
      assert.equal(await setFrozen(table, clock, frozen, ""), true);
      assert.equal((await readFrozen(table)) !== undefined, frozen);
    }
  });
});
