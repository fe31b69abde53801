/**
 * Heads of audits, kept in a bucket under Object Lock: whoever may write the ledger can write a chain anew, and not what its
 * head once was.
 */
import type { ListObjectVersionsCommandInput, ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { SwitchyardError } from "../../programs/errors.ts";
import { callerOf } from "../aws/caller.ts";
import type { Aws } from "../aws/clients.ts";
import { placed } from "../bootstrap/steps/state.ts";
import { readHead } from "./audit.ts";
import type { AuditHead, Witness } from "./chain.ts";
import type { StackTable } from "./table.ts";

/** Fixed, so that a command finds it without asking an engine; S3's names are one space for all accounts. */
export async function sealBucket(aws: Aws): Promise<string> {
  return `switchyard-audit-${(await callerOf(aws)).account}-${aws.region}`;
}

const digits = 12;
const keyPattern = /\/(\d{12})-([0-9a-f]{64})$/;

/** A head is all in its object's name: listing tells all of them. A partition's `#` is written as a dot. */
export function sealKey(stack: string, { seq, hash }: AuditHead): string {
  return `${prefixOf(stack)}${String(seq).padStart(digits, "0")}-${hash}`;
}

function prefixOf(stack: string): string {
  return `${stack.replaceAll("#", ".")}/`;
}

/** @returns undefined for the name of an object that is no head */
export function readSealKey(key: string): AuditHead | undefined {
  const [, seq, hash] = keyPattern.exec(key) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}

/**
 * Makes the bucket, for whoever has the right to: nothing put into it can be deleted or changed for so many days, by nobody
 * (Amazon S3 user guide, "Locking objects with Object Lock", compliance mode). A second time it changes nothing.
 */
export async function makeSealBucket(aws: Aws, days: number): Promise<string> {
  const [sdk, client, Bucket] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3"), sealBucket(aws)]);
  if ((await lockOf(aws, Bucket)) === "locked") return Bucket;
  await client
    .send(new sdk.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true, ...placed(aws.region) }))
    .catch((error: Error) => {
      // Cut short before: what is missing follows.
      if (error.name !== "BucketAlreadyOwnedByYou") throw error;
    });
  const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  await client.send(new sdk.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: all }));
  const Rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: days } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
  await client.send(new sdk.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  return Bucket;
}

/**
 * Keeps the heads the chains have now; those that are kept already are left.
 *
 * @returns how many were new
 * @throws SwitchyardError `not-found` where there is no bucket under Object Lock
 */
export async function keepHeads(aws: Aws, tables: readonly StackTable[]): Promise<number> {
  const [sdk, client, Bucket] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3"), sealBucket(aws)]);
  if ((await lockOf(aws, Bucket)) !== "locked")
    throw new SwitchyardError("not-found", {
      what: "there is no bucket of this name that keeps what is put into it (Object Lock, compliance mode)",
      where: Bucket,
      fix: "make it with credentials that may: `switchyard audit seal --make`",
    });
  let kept = 0;
  for (const table of tables) {
    const head = await readHead(table);
    if (head === undefined) continue;
    const object = { Bucket, Key: sealKey(table.stack, head), Body: JSON.stringify(head), IfNoneMatch: "*" };
    try {
      await client.send(new sdk.PutObjectCommand(object));
      kept += 1;
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 412) throw error;
    }
  }
  return kept;
}

type Lock = "locked" | "open" | "absent";

async function lockOf(aws: Aws, Bucket: string): Promise<Lock> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
  try {
    const { ObjectLockConfiguration: lock } = await client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket }));
    return lock?.Rule?.DefaultRetention?.Mode === "COMPLIANCE" ? "locked" : "open";
  } catch (error) {
    const { name } = error as Error;
    if (name === "NoSuchBucket") return "absent";
    if (name === "ObjectLockConfigurationNotFoundError") return "open";
    throw error;
  }
}

/**
 * Every head that was ever kept of a chain, with every version of its object: one call for a thousand of them.
 *
 * @returns undefined where there is no bucket
 */
export async function keptHeads(aws: Aws, { stack }: StackTable): Promise<readonly Witness[] | undefined> {
  const [sdk, client, Bucket] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3"), sealBucket(aws)]);
  if ((await lockOf(aws, Bucket)) === "absent") return undefined;
  const found: Witness[] = [];
  // By hand: the SDK pages over keys, and of one key versions may go on on the next page.
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (from) {
    const answer: ListObjectVersionsCommandOutput = await client.send(
      new sdk.ListObjectVersionsCommand({ Bucket, Prefix: prefixOf(stack), ...from } as ListObjectVersionsCommandInput),
    );
    for (const { Key = "", LastModified } of answer.Versions ?? []) {
      const head = readSealKey(Key);
      if (head) found.push({ ...head, where: `head kept in ${Bucket} at ${LastModified?.toISOString() ?? "a time"}` });
    }
    from = answer.IsTruncated
      ? { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker }
      : undefined;
  }
  return found;
}
