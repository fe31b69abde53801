import { isDeepStrictEqual } from "node:util";
import { parseReleaseDocument, type ReleaseDocument } from "../../programs/release.ts";
import { unreadable } from "./journal.ts";
import { type Lease, leaseLost } from "./lease.ts";
import type { Condition, StackTable } from "./table.ts";

export async function readRelease(table: StackTable): Promise<ReleaseDocument> {
  const item = await table.get("release");
  const document = parseReleaseDocument(item && String(item["document"]));
  if (item && item["revision"] !== document.revision) throw unreadable(table.stack, item.item, "revision");
  return document;
}

/**
 * Writes the document under the lease, if the stored one is still the revision before it.
 * Writing what is already there is not an error: a rerun may repeat a write whose answer was lost.
 */
export async function writeRelease(table: StackTable, lease: Lease, document: ReleaseDocument): Promise<void> {
  const condition: Condition =
    document.revision === 1
      ? { expression: "attribute_not_exists(#item)", names: { "#item": "item" } }
      : {
          expression: "#revision = :before",
          names: { "#revision": "revision" },
          values: { ":before": document.revision - 1 },
        };
  const value = { document: JSON.stringify(document), revision: document.revision };
  const written = await table.write([lease.check(), { kind: "put", item: "release", value, condition }]);
  if (written) return;
  const stored = await readRelease(table);
  if (!isDeepStrictEqual(stored, JSON.parse(JSON.stringify(document)))) throw leaseLost(table.stack);
}
