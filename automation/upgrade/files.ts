/** The files of an environment, copied into another's bucket. */
import type { _Object } from "@aws-sdk/client-s3";
import type { Aws } from "../aws/clients.ts";
import { bounded } from "../delivery/bounded.ts";
import { copyFile } from "./copy-file.ts";

const atOnce = 8;

/**
 * Copies what the other bucket lacks, or has of another size or an older moment. Current versions only; older ones stay where
 * they are.
 *
 * @returns how many objects there are, and how many of them were copied now.
 */
export async function copyFiles(
  aws: Aws,
  from: string,
  to: string,
  permit: () => AbortSignal,
): Promise<{ files: number; copied: number }> {
  const [source, target] = await Promise.all([listed(aws, from), listed(aws, to)]);
  const missing = [...source.values()].filter((file) => !isThere(file, target.get(file.Key ?? "")));
  const client = await aws.client("s3");
  await bounded(missing, atOnce, (file) => copyFile({ client, permit, from, to, file }));
  return { files: source.size, copied: missing.length };
}

function isThere(file: _Object, copy: _Object | undefined): boolean {
  if (copy === undefined || copy.Size !== file.Size) return false;
  return (copy.LastModified?.getTime() ?? 0) >= (file.LastModified?.getTime() ?? 0);
}

async function listed(aws: Aws, bucket: string): Promise<ReadonlyMap<string, _Object>> {
  const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
  const client = await aws.client("s3");
  const found = new Map<string, _Object>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket }))
    for (const file of Contents) found.set(file.Key ?? "", file);
  return found;
}
