import assert from "node:assert/strict";
import { isAllowed } from "@switchyard/iam/decide.ts";
import { readDocument } from "@switchyard/iam/document.ts";
import type { Aws } from "../../../automation/aws/clients.ts";
import { systemClock } from "../../../automation/clock.ts";
import { plansOf, readPlan, recordPlan } from "../../../automation/delivery/plan-record.ts";
import type { Decision } from "../../../automation/deploy/decide/decision.ts";
import type { Observed } from "../../../automation/deploy/decide/model.ts";
import { Journal, operationsInFlight, readJournal } from "../../../automation/ledger/journal.ts";
import { Lease, readLease } from "../../../automation/ledger/lease.ts";
import { writeRelease } from "../../../automation/ledger/release.ts";
import { readSignal, writeSignal } from "../../../automation/ledger/signals.ts";
import { stackTable } from "../../../automation/ledger/table.ts";
import { approve, recordPlans, writeLedger } from "../../../programs/components/roles/documents/ledger.ts";
import type { Statement } from "../../../programs/policy.ts";
import { emptyRelease } from "../../../programs/release.ts";
import { goal } from "../../automation/deploy/fixtures.ts";

interface Request {
  readonly action: string;
  /** Partition keys of the items. */
  readonly keys: readonly string[];
}

const account = "123456789012";
const tableArn = `arn:aws:dynamodb:us-east-1:${account}:table/switchyard-ledger`;
const place = { tableArn, keyArn: `arn:aws:kms:us-east-1:${account}:key/state` };

function allows(statements: readonly Statement[], { action, keys }: Request): boolean {
  const caller = { kind: "AWS", arn: `arn:aws:sts::${account}:assumed-role/r/s`, account } as const;
  const context = new Map([["dynamodb:leadingkeys", keys]]);
  const identity = [readDocument({ Statement: statements })];
  return isAllowed({ identity }, { caller, action: `dynamodb:${action}`, resource: tableArn, account, context });
}

/** What the ledger's code asks DynamoDB for, item by item as IAM looks at it; the table is empty. */
function recording(): { aws: Aws; asked: Request[] } {
  const asked: Request[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: commands' inputs are as many types as there are commands
  const send = async ({ constructor: { name }, input }: any) => {
    const action = String(name).replace(/Command$/, "");
    const add = (one: string, key: { stack: { S: string } }) => void asked.push({ action: one, keys: [key.stack.S] });
    if (action === "TransactWriteItems")
      for (const { Put, ConditionCheck } of input.TransactItems)
        Put ? add("PutItem", Put.Item) : add("ConditionCheckItem", ConditionCheck.Key);
    else if (action === "BatchGetItem")
      for (const { Keys } of Object.values(input.RequestItems) as { Keys: { stack: { S: string } }[] }[])
        asked.push({ action, keys: Keys.map((key) => key.stack.S) });
    else if (action === "Query") add(action, { stack: input.ExpressionAttributeValues[":stack"] });
    else add(action, input.Key);
    return {};
  };
  return { asked, aws: { client: async () => ({ send }) } as unknown as Aws };
}

describe("rights on the ledger", () => {
  const deploying = writeLedger(place, ["production"]);
  const approving = approve(place, ["production"]);
  const record = { operation: "1", goal: goal({ operation: "1", approval: true }) };

  async function asked(work: (table: ReturnType<typeof stackTable>) => Promise<unknown>): Promise<readonly Request[]> {
    const { aws, asked } = recording();
    await work(stackTable(aws, "switchyard-ledger", "production"));
    assert.notEqual(asked.length, 0);
    return asked;
  }

  it("let the deployer do all that a deploy does, and the program read what it did", async () => {
    const requests = await asked(async (table) => {
      const options = { holder: "a", purpose: "p", durationMs: 30_000, clock: systemClock };
      const lease = await Lease.acquire(table, options);
      const journal = await Journal.begin(table, lease, systemClock, record.goal);
      const decision: Decision = { kind: "step", phase: "start", why: "w", writes: [] };
      const entry = await journal.intend(decision, { release: emptyRelease, services: {} } satisfies Observed, 1);
      await journal.complete(entry, { ok: true });
      await writeRelease(table, lease, { ...emptyRelease, revision: 1 });
      await Promise.all([operationsInFlight(table), readJournal(table, "1"), readSignal(table, "1")]);
      await writeSignal(table, record, { kind: "abort", by: "a", at: "" });
      await journal.end({ outcome: "succeeded", why: "w", endedAt: 2_000 });
      await lease.release();
    });
    assert.ok(requests.some(({ action }) => action === "UpdateItem"));
    const refused = [...requests, { action: "GetItem", keys: ["production"] }].filter((r) => !allows(deploying, r));
    assert.deepEqual(refused, []);
  });

  it("let whoever plans a pull request write down its plan, and nothing of the stack, as its code runs with them", async () => {
    const planning = recordPlans(place, ["production"]);
    const { aws, asked: requests } = recording();
    const plans = stackTable(aws, "switchyard-ledger", plansOf("production"));
    const planned = { stack: "production", counts: {}, changes: [], violations: [], hash: "h" };
    await recordPlan(plans, systemClock, 0, { head: "c0ffee", planned, blockers: [], why: "" });
    await readPlan(plans, "c0ffee");
    assert.ok(requests.some(({ action }) => action === "PutItem"));
    assert.deepEqual(
      requests.filter((request) => !allows(planning, request)),
      [],
    );
    for (const keys of [["production"], ["production#approval"], ["staging#plan"], ["production#plan", "production"]])
      for (const action of ["PutItem", "UpdateItem", "DeleteItem"]) assert.ok(!allows(planning, { action, keys }));
    assert.ok(!allows(deploying, { action: "PutItem", keys: ["production#plan"] }));
    assert.ok(allows(deploying, { action: "Query", keys: ["production#plan"] }));
  });

  it("let the approver read the stack and approve", async () => {
    const requests = await asked(async (table) => {
      await Promise.all([readLease(table), operationsInFlight(table), readJournal(table, "1"), readSignal(table, "1")]);
      await writeSignal(table, record, { kind: "promote", by: "ann", at: "" });
    });
    assert.deepEqual(
      requests.filter((r) => !allows(approving, r)),
      [],
    );
  });

  const writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"];
  const broad: readonly Statement[] = [{ Effect: "Allow", Action: "dynamodb:*", Resource: "*" }];
  for (const action of [...writes, "PartiQLDelete"])
    it(`let the deployer forge no approval by ${action}, whatever else it is allowed`, () => {
      const withMore = [...deploying, ...broad];
      for (const keys of [["production#approval"], ["production", "production#approval"], ["staging#approval"]]) {
        assert.equal(allows(deploying, { action, keys }), false, keys.join());
        assert.equal(allows(withMore, { action, keys }), false, keys.join());
      }
      assert.equal(allows(withMore, { action, keys: ["production"] }), true);
    });

  it("let the approver write nothing but approvals, and of this stack only", () => {
    for (const action of [...writes, "DeleteItem"])
      for (const keys of [["production"], ["production", "production#approval"], ["staging#approval"]])
        assert.equal(allows(approving, { action, keys }), false, `${action} ${keys}`);
  });

  it("are evaluated by something that refuses", () => {
    assert.equal(allows(broad, { action: "PutItem", keys: ["production#approval"] }), true);
    assert.equal(allows(deploying, { action: "PutItem", keys: ["staging"] }), false);
    assert.equal(allows(deploying, { action: "Scan", keys: [] }), false);
  });
});
