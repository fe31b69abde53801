import { createHash } from "node:crypto";
import type { Goal } from "../deploy/decide/goal.ts";
import type { Signal } from "../deploy/decide/model.ts";
import { type OperationRecord, readItem, unreadable } from "./journal.ts";
import { signal } from "./records.ts";
import { approvalSuffix, type StackTable } from "./table.ts";

const signalItem = (operation: string, kind: Signal["kind"]) =>
  `signal#${operation}${kind === "promote" ? approvalSuffix : ""}`;

/** What was said of a running operation; an abort counts before an approval. */
export async function readSignal(table: StackTable, operation: string): Promise<Signal | undefined> {
  const [abort, promote] = await Promise.all([said(table, operation, "abort"), said(table, operation, "promote")]);
  return (abort ?? promote)?.signal;
}

/** Where the item is says what it may say: who may write aborts need not be one who may write approvals. */
async function said(
  table: StackTable,
  operation: string,
  kind: Signal["kind"],
): Promise<{ readonly signal: Signal; readonly of: unknown } | undefined> {
  const item = await table.get(signalItem(operation, kind));
  if (item === undefined) return undefined;
  const { by, at, of, ...read } = readItem(table.stack, item, signal);
  if (read.kind !== kind) throw unreadable(table.stack, item.item, "kind");
  return { signal: { kind, by, at }, of };
}

/**
 * Who approved each operation that waited for it, from the approvals' own partition: whoever deploys writes the rest of
 * the ledger, and could name anybody there. An approval of other content than the operation's record has is none.
 */
export async function readApprovals(
  table: StackTable,
  operations: readonly OperationRecord[],
): Promise<ReadonlyMap<string, Signal>> {
  const waited = operations.filter(({ goal }) => goal.kind === "deploy" && goal.approval);
  const found = await Promise.all(
    waited.map(async ({ operation, goal }) => {
      const approval = await said(table, operation, "promote");
      return approval?.of === contentOf(goal) ? [[operation, approval.signal] as const] : [];
    }),
  );
  return new Map(found.flat());
}

/** Leaves a person's word for a running operation; false when the same was already said. An approval names what it is of. */
export function writeSignal(
  table: StackTable,
  { operation, goal }: Pick<OperationRecord, "operation" | "goal">,
  signal: Signal,
): Promise<boolean> {
  const item = signalItem(operation, signal.kind);
  const condition = { expression: "attribute_not_exists(#item)", names: { "#item": "item" } };
  const value = { ...signal, ...(signal.kind === "promote" && { of: contentOf(goal) }) };
  return table.write([{ kind: "put", item, value, condition }]);
}

/** Version and images of a deploy, as one hash. */
function contentOf(goal: Goal): string {
  const images = goal.kind === "deploy" ? Object.entries(goal.images).map(([name, i]) => `${name} ${i.digest}`) : [];
  return createHash("sha256")
    .update([goal.version, ...images.sort()].join("\n"))
    .digest("hex");
}
