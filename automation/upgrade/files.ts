/** The files of an environment, copied into another's bucket. */
import type { _Object } from "@aws-sdk/client-s3";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { bounded } from "../delivery/bounded.ts";

/** One copy takes objects of up to 5 GB (Amazon S3 API reference, CopyObject). */
const largestCopy = 5 * 1024 ** 3;
const atOnce = 8;

/**
 * Copies what the other bucket lacks, or has of another size or an older moment. Current versions only; older ones stay where
 * they are.
 *
 * @returns how many objects there are, and how many of them were copied now.
 * @throws SwitchyardError `upgrade-refused` for an object of more than 5 GB, before anything is copied.
 */
export async function copyFiles(
  aws: Aws,
  from: string,
  to: string,
  permit: () => AbortSignal,
): Promise<{ files: number; copied: number }> {
  const [source, target] = await Promise.all([listed(aws, from), listed(aws, to)]);
  const missing = [...source.values()].filter((file) => !isThere(file, target.get(file.Key ?? "")));
  const large = missing.find(({ Size = 0 }) => Size > largestCopy);
  if (large !== undefined)
    throw new SwitchyardError("upgrade-refused", {
      what: `${large.Key} is larger than 5 GB, which one copy takes at most`,
      where: `bucket ${from}`,
      fix: `copy it with \`aws s3 cp s3://${from}/${large.Key} s3://${to}/${large.Key}\`, then run this again`,
    });
  const { CopyObjectCommand } = await import("@aws-sdk/client-s3");
  const client = await aws.client("s3");
  await bounded(missing, atOnce, ({ Key = "" }) => {
    const CopySource = `${from}/${Key.split("/").map(encodeURIComponent).join("/")}`;
    return client.send(new CopyObjectCommand({ Bucket: to, Key, CopySource }), { abortSignal: permit() });
  });
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
