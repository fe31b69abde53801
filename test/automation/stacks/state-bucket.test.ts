import assert from "node:assert/strict";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { stateBucketOf, statesIn } from "../../../automation/stacks/state-bucket.ts";
import { unique, useCloud } from "../../support/cloud.ts";

describe("the bucket of the states", () => {
  const cloud = useCloud();

  it("is told by the backend's address, where nothing there is for Pulumi alone", () => {
    for (const [address, bucket] of [
      ["s3://acme-state", { bucket: "acme-state", prefix: "", region: undefined }],
      ["s3://acme-state/", { bucket: "acme-state", prefix: "", region: undefined }],
      [
        "s3://acme-state/a/b/?region=eu-west-1&awssdk=v2",
        { bucket: "acme-state", prefix: "a/b/", region: "eu-west-1" },
      ],
      ["s3://acme-state?region=us-east-1", { bucket: "acme-state", prefix: "", region: "us-east-1" }],
      ["s3://acme-state?profile=other", undefined],
      ["s3://acme-state?endpoint=minio.example.com", undefined],
      ["s3://", undefined],
      ["file:///tmp/state", undefined],
      ["https://app.pulumi.com/s3://x", undefined],
      ["", undefined],
      [undefined, undefined],
    ] as const)
      assert.deepEqual(stateBucketOf(address), bucket, address);
  });

  it("says which stacks of the project have a state, whatever else is in it, and is asked for names alone", async () => {
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true });
    const bucket = unique("state");
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const stacks = ".pulumi/stacks/switchyard/";
    for (const key of [
      `${stacks}production.json`,
      `${stacks}production.json.bak`,
      `${stacks}pipeline.json.gz`,
      `${stacks}pr-12.json`,
      `${stacks}pr-12.pulumi-tags`,
      ".pulumi/stacks/other/staging.json",
      ".pulumi/history/switchyard/gone/gone-1.history.json",
      ".pulumi/meta.yaml",
      `deeper/${stacks}staging.json`,
    ])
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "{}" }));
    const opened = async () => Object.entries(await cloud.calls()).filter(([call]) => /s3:(Get|Head)Object/.test(call));
    const before = await opened();
    assert.deepEqual(await statesIn(s3, { bucket, prefix: "" }, "switchyard"), ["pipeline", "pr-12", "production"]);
    assert.deepEqual(await statesIn(s3, { bucket, prefix: "deeper/" }, "switchyard"), ["staging"]);
    assert.deepEqual(await opened(), before);
    assert.ok(((await cloud.calls())["s3:ListObjectsV2"] ?? 0) > 0, JSON.stringify(await cloud.calls()));
    s3.destroy();
  });
});
