import assert from "node:assert/strict";
import { CloudFront } from "@aws-sdk/client-cloudfront";
import { KMS } from "@aws-sdk/client-kms";
import { S3 } from "@aws-sdk/client-s3";
import { fetchInCloud } from "@switchyard/sandbox";
import { useCloud } from "../../support/cloud.ts";

const account = "123456789012";
const securityHeaders = "67f7725c-6f97-4210-82d7-5512b31e9d03";
const securityHeadersAndAnyOrigin = "e61eb60c-9c35-4d20-a928-2b84e02af89c";

/** Whom a policy lets do what: one distribution, or those of a pattern. */
const lets = (Action: string, Resource: string, distribution: string) => ({
  Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" },
  ...{ Action, Resource, Condition: { ArnLike: { "aws:SourceArn": distribution } } },
});
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

describe("an edge of the sandbox's CloudFront", () => {
  const cloud = useCloud();
  let [s3, cloudfront, kms]: [S3, CloudFront, KMS] = [undefined as never, undefined as never, undefined as never];

  before(() => {
    s3 = new S3({ ...cloud.sdk(), forcePathStyle: true });
    cloudfront = new CloudFront(cloud.sdk());
    kms = new KMS(cloud.sdk());
  });

  async function distribution(bucket: string, responseHeaders = securityHeaders) {
    await s3.createBucket({ Bucket: bucket });
    for (const Key of ["public/a.txt", "private/a.txt"])
      await s3.putObject({ Bucket: bucket, Key, Body: Key, ContentType: "text/plain", CacheControl: "max-age=60" });
    const methods = { Quantity: 2, Items: ["GET" as const, "HEAD" as const] };
    const made = await cloudfront.createDistribution({
      DistributionConfig: {
        ...{ CallerReference: bucket, Comment: "", Enabled: true },
        Aliases: { Quantity: 1, Items: [`${bucket}.example.com`] },
        Origins: {
          Quantity: 1,
          Items: [
            {
              ...{ Id: "files", DomainName: `${bucket}.s3.us-east-1.amazonaws.com` },
              S3OriginConfig: { OriginAccessIdentity: "" },
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: "files",
          ViewerProtocolPolicy: "redirect-to-https",
          AllowedMethods: { ...methods, CachedMethods: methods },
          ResponseHeadersPolicyId: responseHeaders,
        },
      },
    });
    const { ARN: arn = "", DomainName: domain = "" } = made.Distribution ?? {};
    const letRead = (who: string) =>
      s3.putBucketPolicy({
        ...{ Bucket: bucket, Policy: document(lets("s3:GetObject", `arn:aws:s3:::${bucket}/public/*`, who)) },
      });
    const ask = (path: string, init: RequestInit = {}) =>
      fetchInCloud(cloud.endpoint)(`https://${domain}/${path}`, init);
    return { arn, letRead, ask };
  }

  it("answers what the bucket's policy lets its distribution read, and refuses all else", async () => {
    const { arn, letRead, ask } = await distribution("edge-policy");
    assert.equal((await ask("public/a.txt")).status, 403);
    await letRead(`arn:aws:cloudfront::${account}:distribution/another`);
    assert.equal((await ask("public/a.txt")).status, 403);
    await letRead(arn);
    const read = await ask("public/a.txt", { headers: { origin: "https://www.example.com" } });
    assert.deepEqual([read.status, await read.text()], [200, "public/a.txt"]);
    const told = ["content-type", "cache-control", "x-content-type-options", "access-control-allow-origin"];
    assert.deepEqual(
      told.map((name) => read.headers.get(name)),
      ["text/plain", "max-age=60", "nosniff", null],
    );
    const head = await ask("public/a.txt", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, "12"]);
    for (const path of ["", "private/a.txt", "public/none.txt", "public/../private/a.txt"])
      assert.equal((await ask(path)).status, 403, path);
    assert.equal((await ask("public/a.txt", { method: "POST", body: "x" })).status, 403);
  });

  it("lets scripts of any page read where its distribution's headers say so", async () => {
    const { arn, letRead, ask } = await distribution("edge-pages", securityHeadersAndAnyOrigin);
    await letRead(arn);
    const allowed = async (headers: Record<string, string>) =>
      (await ask("public/a.txt", { headers })).headers.get("access-control-allow-origin");
    assert.equal(await allowed({ origin: "https://www.example.com" }), "*");
    assert.equal(await allowed({}), null);
  });

  it("needs the key's policy for what is encrypted with a key", async () => {
    const { arn, letRead, ask } = await distribution("edge-key");
    await letRead(arn);
    const { KeyMetadata } = await kms.createKey({ Policy: document() });
    const KeyId = KeyMetadata?.Arn ?? "";
    await s3.putObject({
      ...{ Bucket: "edge-key", Key: "public/sealed", Body: "x", ServerSideEncryption: "aws:kms", SSEKMSKeyId: KeyId },
    });
    assert.equal((await ask("public/sealed")).status, 403);
    const Policy = document(lets("kms:Decrypt", "*", `arn:aws:cloudfront::${account}:distribution/*`));
    await kms.putKeyPolicy({ KeyId, PolicyName: "default", Policy });
    assert.equal((await ask("public/sealed")).status, 200);
  });
});
