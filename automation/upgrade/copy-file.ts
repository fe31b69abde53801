/** One object, copied into another bucket: at once, or part by part where that would take longer than one call may. */
import type { _Object, CompletedPart, S3Client } from "@aws-sdk/client-s3";

interface Copy {
  readonly client: S3Client;
  /** What a call may take, asked before each. */
  readonly permit: () => AbortSignal;
  readonly from: string;
  readonly to: string;
  readonly file: _Object;
}

/** Bytes. Copied at once, 5 GB would take longer than a call's deadline; in parts of this size none does. */
const partSize = 64 * 1024 ** 2;
/** Amazon S3 user guide, "Amazon S3 multipart upload limits". */
const mostParts = 10_000;

/** Copies the object as it is when the copy begins, with its metadata and tags. @param size of a part, in bytes */
export async function copyFile(copy: Copy, size = partSize): Promise<void> {
  if ((copy.file.Size ?? 0) > size) return copyInParts(copy, size);
  const { CopyObjectCommand } = await import("@aws-sdk/client-s3");
  await copy.client.send(new CopyObjectCommand({ ...place(copy), CopySource: sourceOf(copy) }), options(copy));
}

/** First and last byte of each part, as UploadPartCopy names them. */
export function rangesOf(bytes: number, size = partSize): string[] {
  const each = Math.max(size, Math.ceil(bytes / mostParts));
  return Array.from({ length: Math.ceil(bytes / each) }, (_, n) => {
    const last = Math.min(bytes, (n + 1) * each) - 1;
    return `bytes=${n * each}-${last}`;
  });
}

async function copyInParts(copy: Copy, size: number): Promise<void> {
  const { client } = copy;
  const s3 = await import("@aws-sdk/client-s3");
  const { UploadId } = await client.send(
    new s3.CreateMultipartUploadCommand({ ...place(copy), ...(await attributesOf(copy)) }),
    options(copy),
  );
  const upload = { ...place(copy), UploadId };
  try {
    const Parts: CompletedPart[] = [];
    for (const [n, CopySourceRange] of rangesOf(copy.file.Size ?? 0, size).entries()) {
      const part = { ...upload, PartNumber: n + 1, CopySource: sourceOf(copy), CopySourceRange };
      // Parts of two contents would be one of neither.
      const unchanged = { CopySourceIfMatch: copy.file.ETag };
      const { CopyPartResult } = await client.send(
        new s3.UploadPartCopyCommand({ ...part, ...unchanged }),
        options(copy),
      );
      Parts.push({ PartNumber: n + 1, ETag: CopyPartResult?.ETag });
    }
    await client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }), options(copy));
  } catch (error) {
    // What is left of one that was killed, the bucket's lifecycle takes away.
    await client.send(new s3.AbortMultipartUploadCommand(upload), options(copy)).catch(() => undefined);
    throw error;
  }
}

/** What a copy at once takes over by itself. */
async function attributesOf(copy: Copy) {
  const s3 = await import("@aws-sdk/client-s3");
  const source = { Bucket: copy.from, Key: copy.file.Key };
  const [head, { TagSet = [] }] = await Promise.all([
    copy.client.send(new s3.HeadObjectCommand(source), options(copy)),
    copy.client.send(new s3.GetObjectTaggingCommand(source), options(copy)),
  ]);
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata } = head;
  const Tagging = new URLSearchParams(
    TagSet.map(({ Key = "", Value = "" }): [string, string] => [Key, Value]),
  ).toString();
  return {
    ...{ CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata },
    ...(Tagging !== "" && { Tagging }),
  };
}

const place = ({ to, file }: Copy) => ({ Bucket: to, Key: file.Key });

const sourceOf = ({ from, file }: Copy) => `${from}/${(file.Key ?? "").split("/").map(encodeURIComponent).join("/")}`;

const options = ({ permit }: Copy) => ({ abortSignal: permit() });
