import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Aws } from "../../automation/aws/clients.ts";
import { systemClock } from "../../automation/clock.ts";
import type { Decision, Observed } from "../../automation/deploy/model.ts";
import { Journal, operationsInFlight, readJournal } from "../../automation/ledger/journal.ts";
import { Lease, readLease } from "../../automation/ledger/lease.ts";
import { writeRelease } from "../../automation/ledger/release.ts";
import { readSignal, writeSignal } from "../../automation/ledger/signals.ts";
import { stackTable } from "../../automation/ledger/table.ts";
import { emptyRelease } from "../../programs/release.ts";
import { goal } from "../automation/deploy/fixtures.ts";

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, { readonly "dynamodb:LeadingKeys": readonly string[] }>>;
}
interface Policy {
  readonly Statement: readonly Statement[];
}
interface Request {
  readonly action: string;
  /** Partition keys of the items. */
  readonly keys: readonly string[];
}

const operators: Readonly<Record<string, (keys: readonly string[], values: readonly string[]) => boolean>> = {
  "ForAllValues:StringEquals": (keys, values) => keys.every((key) => values.includes(key)),
  "ForAnyValue:StringLike": (keys, values) => keys.some((key) => values.some((value) => isLike(key, value))),
};

function isLike(text: string, pattern: string): boolean {
  return new RegExp(`^${pattern.replace(/\W/g, "\\$&").replaceAll("\\*", ".*")}$`).test(text);
}

/** As IAM decides on one table, of what these policies use (IAM user guide, "Policy evaluation logic"). */
function allows({ Statement }: Policy, { action, keys }: Request): boolean {
  const applies = ({ Action, Condition = {} }: Statement) =>
    [Action].flat().some((one) => isLike(`dynamodb:${action}`, one)) &&
    Object.entries(Condition).every(([operator, { "dynamodb:LeadingKeys": values }]) => {
      const holds = operators[operator];
      assert.ok(holds, `${operator} is not evaluated here`);
      return holds(keys, values);
    });
  const effects = Statement.filter(applies).map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
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

describe("the policies docs/bootstrap.md gives", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/bootstrap.md"), "utf8");
  const policies = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) => JSON.parse(json) as Policy);
  const [deploying, approving] = policies as [Policy, Policy];
  const record = { operation: "1", goal: goal({ operation: "1", approval: true }) };

  async function asked(work: (table: ReturnType<typeof stackTable>) => Promise<unknown>): Promise<readonly Request[]> {
    const { aws, asked } = recording();
    await work(stackTable(aws, "switchyard-ledger", "production"));
    assert.notEqual(asked.length, 0);
    return asked;
  }

  it("are two", () => assert.equal(policies.length, 2));

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
      await journal.end({ outcome: "succeeded", why: "w" });
      await lease.release();
    });
    assert.ok(requests.some(({ action }) => action === "UpdateItem"));
    const refused = [...requests, { action: "GetItem", keys: ["production"] }].filter((r) => !allows(deploying, r));
    assert.deepEqual(refused, []);
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
  const broad: Policy = { Statement: [{ Effect: "Allow", Action: "dynamodb:*", Resource: "*" }] };
  for (const action of [...writes, "PartiQLDelete"])
    it(`let the deployer forge no approval by ${action}, whatever else it is allowed`, () => {
      const withMore: Policy = { Statement: [...deploying.Statement, ...broad.Statement] };
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
