import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { emptyRelease, parseReleaseDocument, type ReleaseDocument } from "./release.ts";

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
  const key = JSON.stringify({ stack: { S: stack }, item: { S: releaseItem } });
  let item: string;
  try {
    ({ item } = await aws.dynamodb.getTableItem({ tableName, key }, options));
  } catch (error) {
    if (isMissingItem(error)) return emptyRelease;
    throw error;
  }
  return parseReleaseDocument(documentOf(item));
}

/** The provider's only sign that the item is not there; a missing table, or no right to read it, says something else. */
function isMissingItem(error: unknown): boolean {
  return error instanceof Error && /empty result/i.test(error.message);
}

/** The `document` attribute in DynamoDB's JSON; a text no document starts with when it is not there. */
function documentOf(item: string): string {
  const attributes = JSON.parse(item) as { readonly document?: { readonly S?: string } };
  return attributes.document?.S ?? "";
}
