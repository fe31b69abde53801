/** Where Pulumi keeps states in a bucket of S3, read without Pulumi: it opens every state there is to list their names. */
import type { S3Client } from "@aws-sdk/client-s3";

export interface StateBucket {
  readonly bucket: string;
  /** Of every key: empty, or it ends with a slash. */
  readonly prefix: string;
  /** Undefined where the address does not say it. */
  readonly region: string | undefined;
}

/** What an address may say beside the region without changing who asks, or where. */
const harmless = new Set(["region", "awssdk"]);

/**
 * The bucket that a backend's address names, such as `s3://acme-state/platform?region=us-east-1` (Pulumi, "Managing state and
 * backends").
 *
 * @returns undefined for any other backend, and for what is said of it that only Pulumi follows.
 */
export function stateBucketOf(address: string | undefined): StateBucket | undefined {
  const [, bucket = "", path = "", query = ""] = /^s3:\/\/([^/?]+)(\/[^?]*)?(?:\?(.*))?$/.exec(address ?? "") ?? [];
  const said = new URLSearchParams(query);
  if (bucket === "" || [...said.keys()].some((key) => !harmless.has(key))) return undefined;
  const folder = path.replace(/^\/+|\/+$/g, "");
  return { bucket, prefix: folder === "" ? "" : `${folder}/`, region: said.get("region") ?? undefined };
}

/** The stacks of a project that have a state, in order. Lists keys and opens none of them. */
export async function statesIn(
  s3: S3Client,
  { bucket, prefix }: Pick<StateBucket, "bucket" | "prefix">,
  project: string,
): Promise<readonly string[]> {
  const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const folder = `${prefix}.pulumi/stacks/${project}/`;
  const names: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: folder }))
    for (const { Key = "" } of Contents) {
      // Beside it are what it was before (.bak) and what is said of it (.pulumi-tags).
      const [, name] = /^([A-Za-z0-9_.-]+)\.json(?:\.gz)?$/.exec(Key.slice(folder.length)) ?? [];
      if (name !== undefined) names.push(name);
    }
  return [...new Set(names)].sort();
}
