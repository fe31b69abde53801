import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import type { Clock } from "../../../../automation/clock.ts";
import { endedBefore } from "../../../../automation/deploy/conduct/gone.ts";
import { readClosed } from "../../../../automation/ledger/close.ts";
import { Lease } from "../../../../automation/ledger/lease.ts";
import { readRelease, writeRelease } from "../../../../automation/ledger/release.ts";
import { emptyRelease } from "../../../../programs/release.ts";
import { MemoryTable } from "../../../support/memory-table.ts";
import { deployed, shapeWith } from "../fixtures.ts";

const clock: Clock = {
  now: () => 1_000,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })),
};

/** An account in which what the ledger names is there, or nothing of it. */
function account(isThere: boolean): Aws {
  const answers: Readonly<Record<string, { answer: object; missing: string }>> = {
    DescribeServicesCommand: { answer: { services: [] }, missing: "ClusterNotFoundException" },
    DescribeRulesCommand: { answer: { Rules: [{}] }, missing: "RuleNotFoundException" },
  };
  const send = async ({ constructor: { name } }: { readonly constructor: { readonly name: string } }) => {
    const { answer, missing } = answers[name] ?? assert.fail(`it asked ${name}`);
    if (isThere) return answer;
    throw Object.assign(new Error("no"), { name: missing });
  };
  return { client: async () => ({ send }) } as unknown as Aws;
}

describe("an environment that another tool ended", () => {
  /** What the update says of it and what the ledger has after, where web serves by it before. */
  async function ended(counts: Readonly<Record<string, number>>, isThere: boolean) {
    const table = new MemoryTable();
    const options = { holder: "a", purpose: "up", durationMs: 60_000, clock, isDead: () => false };
    const lease = await Lease.acquire(table, options);
    const blue = { ...deployed("v1"), digest: `web@sha256:${"0".repeat(64)}` };
    await writeRelease(table, lease, { ...emptyRelease, revision: 1, services: { web: { live: "blue", blue } } });
    table.put("shape", { outputs: JSON.stringify(shapeWith(["web"])) });
    const asked = endedBefore({ aws: account(isThere), table, lease }, { stack: "production", counts });
    const said = await asked.catch((error: { code: string }) => error.code);
    const serves = (await readRelease(table)).services["web"]?.live;
    const isClosed = (await readClosed(table)) !== undefined;
    assert.equal(isClosed, serves === undefined);
    await lease.release();
    return { said, serves };
  }

  it("is one of which everything is to be made and nothing is there", async () => {
    assert.deepEqual(await ended({ create: 90, read: 2 }, false), { said: true, serves: undefined });
  });

  for (const [what, counts] of [
    ["was refused and counts nothing", {}],
    ["makes some things beside others that stay", { create: 3, same: 80 }],
    ["changes nothing", { same: 90 }],
    ["only reads", { read: 2 }],
  ] as const)
    it(`is none whose preview ${what}, whatever AWS answers`, async () => {
      for (const isThere of [true, false])
        assert.deepEqual(await ended(counts, isThere), { said: false, serves: "blue" });
    });

  it("is none that serves while the engine's state is lost: no update makes it a second time", async () => {
    assert.deepEqual(await ended({ create: 90 }, true), { said: "drift", serves: "blue" });
  });
});
