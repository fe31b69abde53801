/** What a pull request's plan was, kept in the ledger: what is merged is compared with it. */
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { ownEntry, writeAudited } from "../ledger/audit.ts";
import type { StackTable } from "../ledger/table.ts";
import { hashOfChanges, type ToldChange, told } from "../stacks/changes.ts";
import type { Plan } from "../stacks/update.ts";

/**
 * Plans have a partition of their own, and an audit of their own in it: whoever plans runs the code of a pull request, and has
 * no right to write where leases, releases and the audit of what was done are.
 */
export function plansOf(stack: string): string {
  return `${stack}#plan`;
}

const item = (head: string) => `plan#${head}`;

const planItem = z.object({ hash: z.string(), changes: z.string() });

const toldChanges = z.array(
  z.object({ urn: z.string(), type: z.string(), op: z.string(), properties: z.array(z.string()) }),
);

export interface PlanOutcome {
  readonly head: string;
  readonly planned?: Plan | undefined;
  /** Why it blocks the merge; empty when it does not. */
  readonly blockers: readonly string[];
  readonly why: string;
}

/** @param table of `plansOf` the stack */
export async function recordPlan(table: StackTable, clock: Clock, started: number, plan: PlanOutcome): Promise<void> {
  const { head, planned, blockers, why } = plan;
  const entry = ownEntry(clock, started, {
    ...{ kind: "plan", outcome: blockers.length === 0 ? "succeeded" : "failed", why, commit: head },
    planHash: planned?.hash,
  });
  const changes = planned && gzipSync(JSON.stringify(told(planned.changes))).toString("base64");
  const value = planned && { hash: planned.hash, changes };
  await writeAudited(table, [entry], value ? [{ kind: "put", item: item(head), value }] : []);
}

export interface RecordedPlan {
  readonly hash: string;
  readonly changes: readonly ToldChange[];
}

/** What was planned for a commit; undefined where nothing was, or where it is not what its hash is of. */
export async function readPlan(table: StackTable, head: string): Promise<RecordedPlan | undefined> {
  const stored = planItem.safeParse(await table.get(item(head)));
  if (!stored.success) return undefined;
  const { hash, changes } = stored.data;
  try {
    const read = toldChanges.parse(JSON.parse(gunzipSync(Buffer.from(changes, "base64")).toString("utf8")));
    return hashOfChanges(read) === hash ? { hash, changes: read } : undefined;
  } catch {
    return undefined;
  }
}
