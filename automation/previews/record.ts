/** What the ledger says of a preview environment, in its own stack's partition. */
import { z } from "zod";
import { readItem } from "../ledger/journal.ts";
import type { StackTable } from "../ledger/table.ts";

const item = "preview";

const previewRecord = z.object({
  /** `creating` until it first answered; `gone` when nothing is left. */
  state: z.enum(["creating", "ready", "destroying", "gone"]),
  /** Grows with every write. */
  revision: z.int().min(1),
  version: z.string(),
  commit: z.string().optional(),
  /** Who asked for it. */
  by: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Of the last moment at which its end was announced. */
  warnedAt: z.iso.datetime().optional(),
  seeded: z.boolean().optional(),
  /** Given when every check of every service was answered there. */
  url: z.string().optional(),
});

export type PreviewRecord = Readonly<z.infer<typeof previewRecord>>;

/** @throws SwitchyardError `invalid-ledger` when the item was changed by hand. */
export async function readPreview(table: StackTable): Promise<PreviewRecord | undefined> {
  const stored = await table.get(item);
  return stored && readItem(table.stack, stored, previewRecord);
}

/** @returns false when another process has written since `before` was read. */
export function writePreview(
  table: StackTable,
  before: PreviewRecord | undefined,
  next: PreviewRecord,
): Promise<boolean> {
  const names = { "#revision": "revision" };
  const condition = before
    ? { expression: "#revision = :was", names, values: { ":was": before.revision } }
    : { expression: "attribute_not_exists(#revision)", names };
  const value = { ...next, revision: (before?.revision ?? 0) + 1 };
  return table.write([{ kind: "put", item, value, condition }]);
}
