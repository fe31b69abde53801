import assert from "node:assert/strict";
import fc from "fast-check";
import { readChain, readHead, recordItem, whereFrom, writeAudited } from "../../../automation/ledger/audit.ts";
import { type AuditEntry, headOf, readRecord, verifyChain } from "../../../automation/ledger/chain.ts";
import type { TableWrite } from "../../../automation/ledger/table.ts";
import { MemoryTable } from "../../support/memory-table.ts";

const entry = (actor: string): AuditEntry => ({
  ...{ at: "2026-01-05T00:00:00.000Z", kind: "apply", from: "here", outcome: "succeeded" },
  actor,
});
const free: TableWrite = {
  ...{ kind: "put", item: "frozen", value: {} },
  condition: { expression: "attribute_not_exists(#item)", names: { "#item": "item" } },
};

async function actors(table: MemoryTable): Promise<readonly (string | undefined)[]> {
  return (await readChain(table)).map(({ text }) => readRecord(text)?.actor);
}

async function findings(table: MemoryTable) {
  return verifyChain(table.stack, await readChain(table), await readHead(table));
}

/** Takes effect, and its answer is lost: the SDK tries again and the condition fails. */
class LossyTable extends MemoryTable {
  override async write(writes: readonly TableWrite[]): Promise<boolean> {
    await super.write(writes);
    return super.write(writes);
  }
}

/** What another process writes comes between the reading and the writing, a number of times. */
class BusyTable extends MemoryTable {
  others = 0;
  override async write(writes: readonly TableWrite[]): Promise<boolean> {
    if (this.others > 0) {
      this.others -= 1;
      const { others } = this;
      this.others = 0;
      await writeAudited(this, [entry(`other ${others}`)]);
      this.others = others;
    }
    return super.write(writes);
  }
}

describe("audit records in the ledger", () => {
  it("are chained in the order they were written", async () => {
    const table = new MemoryTable();
    assert.ok(await writeAudited(table, [entry("ann")]));
    assert.ok(await writeAudited(table, [entry("bob"), entry("cleo")]));
    assert.deepEqual(await actors(table), ["ann", "bob", "cleo"]);
    assert.deepEqual(await findings(table), []);
  });

  it("are written with what they tell of, or neither is", async () => {
    const table = new MemoryTable();
    assert.ok(await writeAudited(table, [entry("ann")], [free]));
    assert.equal(await writeAudited(table, [entry("bob")], [free]), false);
    assert.deepEqual(await actors(table), ["ann"]);
    assert.deepEqual(await findings(table), []);
  });

  it("are written once when the answer is lost", async () => {
    const table = new LossyTable();
    assert.ok(await writeAudited(table, [entry("ann")]));
    assert.ok(await writeAudited(table, [entry("bob")]));
    assert.deepEqual(await actors(table), ["ann", "bob"]);
    assert.deepEqual(await findings(table), []);
  });

  it("wait their turn when others come between, and give up when they always do", async () => {
    const table = new BusyTable();
    table.others = 3;
    assert.ok(await writeAudited(table, [entry("ann")]));
    assert.deepEqual(await actors(table), ["other 2", "other 1", "other 0", "ann"]);
    assert.deepEqual(await findings(table), []);
    table.others = 1_000;
    await assert.rejects(writeAudited(table, [entry("bob")]), { code: "in-flight" });
  });

  it("go on after what a hand has made of them, and that is still found", async () => {
    const records = ["ann", "bob", "cleo"];
    const hands = {
      "record changed": (table: MemoryTable, seq: number) => table.put(recordItem(seq), { record: "{}" }),
      "record dropped": (table: MemoryTable, seq: number) => table.delete(recordItem(seq)),
      "record without text": (table: MemoryTable, seq: number) => table.put(recordItem(seq), {}),
    } as const;
    const names = fc.constantFrom(...(Object.keys(hands) as (keyof typeof hands)[]));
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 3 }), async (name, seq) => {
        const table = new MemoryTable();
        for (const actor of records) await writeAudited(table, [entry(actor)]);
        hands[name](table, seq);
        assert.ok(await writeAudited(table, [entry("dora")]));
        assert.equal((await actors(table)).at(-1), "dora");
        assert.ok((await findings(table)).length > 0);
      }),
    );
  });

  it("go on from the newest when the head is gone, unreadable, or put back as it once was", async () => {
    for (const head of [undefined, {}, { seq: "x", hash: 1 }, { seq: -1 }, "older"]) {
      const table = new MemoryTable();
      await writeAudited(table, [entry("ann")]);
      const older = table.peek("audit") as object;
      await writeAudited(table, [entry("bob")]);
      if (head === undefined) table.delete("audit");
      else table.put("audit", { ...(head === "older" ? older : (head as object)) });
      assert.equal((await findings(table)).length, 1);
      assert.ok(await writeAudited(table, [entry("cleo")]));
      assert.deepEqual(await actors(table), ["ann", "bob", "cleo"]);
      assert.deepEqual(await readHead(table), headOf((await readChain(table)).at(-1) as never));
    }
  });

  it("say where they come from: the run in CI as a link, else the machine", () => {
    const env = { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "o/r", GITHUB_RUN_ID: "7" };
    assert.equal(whereFrom(env), "https://github.com/o/r/actions/runs/7");
    assert.notEqual(whereFrom({}), "");
  });
});
