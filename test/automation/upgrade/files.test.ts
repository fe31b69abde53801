import assert from "node:assert/strict";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SdkAws } from "../../../automation/aws/clients.ts";
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
});
