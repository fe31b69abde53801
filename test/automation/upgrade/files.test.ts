import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type UploadPartCopyCommandInput,
} from "@aws-sdk/client-s3";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { copyFile, rangesOf } from "../../../automation/upgrade/copy-file.ts";
import { copyFiles } from "../../../automation/upgrade/files.ts";
import { unique, useCloud } from "../../support/cloud.ts";

describe("files of an upgrade", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  const former = process.env["AWS_ENDPOINT_URL"];
  before(() => Object.assign(process.env, cloud.env));
  after(() => {
    if (former === undefined) delete process.env["AWS_ENDPOINT_URL"];
  });

  it("are copied by whatever key, those only that are not there or have changed", async () => {
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true });
    const aws = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 1_000, reserve: 0 });
    const [from, to] = [unique("from"), unique("to")];
    for (const Bucket of [from, to]) await s3.send(new CreateBucketCommand({ Bucket }));
    const keys = ["plain.txt", "a folder/ä+b & c=d.txt", ...Array.from({ length: 10 }, (_, n) => `many/${n}`)];
    const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: from, Key, Body }));
    for (const key of keys) await put(key, key);
    const copy = () => copyFiles(aws, from, to, () => AbortSignal.timeout(10_000));
    const body = async (Key: string) =>
      (await s3.send(new GetObjectCommand({ Bucket: to, Key }))).Body?.transformToString();
    assert.deepEqual(await copy(), { files: 12, copied: 12 });
    for (const key of keys) assert.equal(await body(key), key);
    await put("plain.txt", "other text");
    assert.deepEqual(await copy(), { files: 12, copied: 1 });
    assert.equal(await body("plain.txt"), "other text");
    assert.deepEqual(await copy(), { files: 12, copied: 0 });
    aws.close();
  });

  it("are copied part by part where they are large, with what they say of themselves", async () => {
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true });
    const [from, to] = [unique("from"), unique("to")];
    for (const Bucket of [from, to]) await s3.send(new CreateBucketCommand({ Bucket }));
    const least = 5 * 1024 ** 2;
    const Body = randomBytes(2 * least + 17);
    const said = { ContentType: "text/x", CacheControl: "no-store", Metadata: { of: "mine" }, Tagging: "a=b%20c&d=" };
    await s3.send(new PutObjectCommand({ Bucket: from, Key: "ä b", Body, ...said }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: from }));
    const [file = {}] = Contents;
    const copy = { client: s3, permit: () => AbortSignal.timeout(10_000), from, to, file };
    await copyFile(copy, least);
    const copied = await s3.send(new GetObjectCommand({ Bucket: to, Key: "ä b" }));
    assert.deepEqual(Buffer.from((await copied.Body?.transformToByteArray()) ?? []), Body);
    const { ContentType, CacheControl, Metadata, ETag } = copied;
    assert.deepEqual(
      { ContentType, CacheControl, Metadata },
      { ContentType: said.ContentType, CacheControl: said.CacheControl, Metadata: said.Metadata },
    );
    assert.match(ETag ?? "", /-3"$/);
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: to, Key: "ä b" }));
    assert.deepEqual(TagSet, [
      { Key: "a", Value: "b c" },
      { Key: "d", Value: "" },
    ]);
  });

  it("are not put together of parts of two contents, and leave no parts", async () => {
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true, maxAttempts: 1 });
    const [from, to] = [unique("from"), unique("to")];
    for (const Bucket of [from, to]) await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket: from, Key: "k", Body: randomBytes(100) }));
    const file = { Key: "k", Size: 100, ETag: '"of the first look"' };
    const asked: unknown[] = [];
    s3.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          const { PartNumber, CopySourceIfMatch } = args.input as UploadPartCopyCommandInput;
          if (commandName !== "UploadPartCopyCommand") return next(args);
          asked.push(CopySourceIfMatch);
          // As S3 answers where the object is another by then; moto does not look.
          if (PartNumber === 2) throw new Error("PreconditionFailed");
          return next(args);
        },
      { step: "initialize" },
    );
    const copy = { client: s3, permit: () => AbortSignal.timeout(10_000), from, to, file };
    await assert.rejects(copyFile(copy, 40), { message: "PreconditionFailed" });
    assert.deepEqual(asked, [file.ETag, file.ETag]);
    assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket: to }))).Uploads, undefined);
    assert.equal((await s3.send(new ListObjectsV2Command({ Bucket: to }))).Contents, undefined);
  });

  it("are divided into no more parts than S3 takes, each byte in one", () => {
    for (const [bytes, size] of [
      [1, 1],
      [10, 3],
      [64 * 1024 ** 2 + 1, undefined],
      [5 * 1024 ** 4, undefined],
    ] as const) {
      const ranges = rangesOf(bytes, size).map((range) => range.replace("bytes=", "").split("-").map(Number));
      assert.ok(ranges.length <= 10_000);
      assert.equal(ranges[0]?.[0], 0);
      assert.equal(ranges.at(-1)?.[1], bytes - 1);
      for (const [n, [first = 0]] of ranges.entries()) if (n > 0) assert.equal(first, (ranges[n - 1]?.[1] ?? 0) + 1);
    }
  });
});
