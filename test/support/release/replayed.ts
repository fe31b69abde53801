import assert from "node:assert/strict";
import { cloudEnvironment, cloudStatus } from "@switchyard/sandbox";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { openTable } from "../../../automation/deploy/conduct/session.ts";
import { explainOperation } from "../../../automation/deploy/decide/explain.ts";
import { readJournal, readOperations } from "../../../automation/ledger/journal.ts";
import type { StackTable } from "../../../automation/ledger/table.ts";

/** @throws AssertionError when a decision of any operation does not follow from its journal again. */
export async function assertReplayed(table: StackTable): Promise<void> {
  const operations = await readOperations(table);
  assert.ok(operations.length > 0);
  for (const { operation, goal, why } of operations) {
    const decisions = explainOperation(goal, await readJournal(table, operation));
    // What met an environment that was gone had nothing to decide.
    assert.ok(decisions.length > 0 || why?.includes("environment") === true, `${operation}: ${why}`);
    const others = decisions.filter((d) => !d.reproduced).map((d) => d.why);
    assert.deepEqual(others, [], operation);
  }
}

/** The same of the ledger in the sandbox that runs in a directory. */
export async function assertReplayedIn(dir: string, stack: string): Promise<void> {
  const status = await cloudStatus(dir);
  assert.ok(status.running);
  const env = cloudEnvironment(status.endpoint, status.pace);
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  const aws = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 100_000, reserve: 0 });
  try {
    await assertReplayed(openTable(aws, stack));
  } finally {
    aws.close();
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}
