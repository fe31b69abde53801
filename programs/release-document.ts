import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { emptyRelease, parseReleaseDocument, type ReleaseDocument } from "./release.ts";
import { firstWeight, parseWeight, sharedNamesItem } from "./shared-names.ts";

/** Name of the ledger's item that holds a stack's release document. */
export const releaseItem = "release";

/**
 * A stack's release document; the empty one before its first release. As a plain value, so that the program can decide
 * what exists.
 *
 * @throws SwitchyardError `invalid-release` when the item is not a release document.
 */
export async function readReleaseDocument(
  tableName: string,
  stack: string,
  options: pulumi.InvokeOptions,
): Promise<ReleaseDocument> {
  const item = await readItem(tableName, stack, releaseItem, options);
  return item === undefined ? emptyRelease : parseReleaseDocument(item["document"]?.S ?? "");
}

/** How much of what is asked by its shared names an environment answers. */
export async function readNamesWeight(
  tableName: string,
  stack: string,
  options: pulumi.InvokeOptions,
): Promise<number> {
  const item = await readItem(tableName, stack, sharedNamesItem, options);
  return item === undefined ? firstWeight : parseWeight({ weight: Number(item["weight"]?.N ?? Number.NaN) });
}

/** Attributes of the ledger's item, in DynamoDB's JSON; undefined where there is none. */
async function readItem(
  tableName: string,
  stack: string,
  item: string,
  options: pulumi.InvokeOptions,
): Promise<Readonly<Record<string, { readonly S?: string; readonly N?: string }>> | undefined> {
  const key = JSON.stringify({ stack: { S: stack }, item: { S: item } });
  try {
    const found = await aws.dynamodb.getTableItem({ tableName, key }, options);
    return JSON.parse(found.item) as Record<string, { readonly S?: string; readonly N?: string }>;
  } catch (error) {
    if (isMissingItem(error)) return undefined;
    throw error;
  }
}

/** The provider's only sign that the item is not there; a missing table, or no right to read it, says something else. */
function isMissingItem(error: unknown): boolean {
  return error instanceof Error && /empty result/i.test(error.message);
}
