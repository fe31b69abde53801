import assert from "node:assert/strict";
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  StartImageScanCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { unique, useCloud } from "../../support/cloud.ts";
import { imageOf, pushBlob, pushImage, sha256, type TestImage } from "./images.ts";

describe("ECR", () => {
  const cloud = useCloud();
  let ecr: ECRClient;
  let one: TestImage;
  let two: TestImage;
  before(async () => {
    ecr = new ECRClient(cloud.sdk());
    one = await imageOf({ "app/a": "one" }, { Cmd: ["a"] });
    two = await imageOf({ "app/a": "one" }, { Cmd: ["b"] });
  });

  const repository = async (settings: object = {}) => {
    const repositoryName = unique("repo");
    await ecr.send(new CreateRepositoryCommand({ repositoryName, ...settings }));
    return repositoryName;
  };
  const put = (repositoryName: string, image: TestImage, imageTag?: string) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag }));

  describe("layers", () => {
    it("come back as they were pushed", async () => {
      const repositoryName = await repository();
      const blob = Buffer.alloc(70_000, "layer");
      const layerDigests = [sha256(blob)];
      const check = () =>
        ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [...layerDigests, "md5:0"] }));
      const before = await check();
      assert.equal(before.layers?.[0]?.layerAvailability, "UNAVAILABLE");
      assert.equal(before.failures?.[0]?.failureCode, "InvalidLayerDigest");
      await pushBlob(ecr, repositoryName, blob);
      assert.deepEqual((await check()).layers?.[0]?.layerSize, blob.length);
      const { downloadUrl } = await ecr.send(
        new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: layerDigests[0] }),
      );
      assert.ok(Buffer.from(await (await fetch(downloadUrl ?? "")).arrayBuffer()).equals(blob));
      await assert.rejects(pushBlob(ecr, repositoryName, blob), { name: "LayerAlreadyExistsException" });
    });

    it("are those of one repository", async () => {
      const [first, second] = [await repository(), await repository()];
      const blob = Buffer.from("shared");
      await pushBlob(ecr, first, blob);
      const download = new GetDownloadUrlForLayerCommand({ repositoryName: second, layerDigest: sha256(blob) });
      await assert.rejects(ecr.send(download), { name: "LayersNotFoundException" });
    });

    it("are refused when a part is missing, the digest differs or nothing was sent", async () => {
      const repositoryName = await repository();
      const start = async () => (await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))).uploadId;
      const uploadId = await start();
      const part = { repositoryName, uploadId, layerPartBlob: Buffer.from("abc") };
      await assert.rejects(ecr.send(new UploadLayerPartCommand({ ...part, partFirstByte: 5, partLastByte: 7 })), {
        name: "InvalidLayerPartException",
        lastValidByteReceived: -1,
      });
      const empty = new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256("")] });
      await assert.rejects(ecr.send(empty), { name: "EmptyUploadException" });
      await ecr.send(new UploadLayerPartCommand({ ...part, partFirstByte: 0, partLastByte: 2 }));
      const wrong = new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256("abd")] });
      await assert.rejects(ecr.send(wrong), { name: "InvalidLayerException" });
      await assert.rejects(ecr.send(wrong), { name: "UploadNotFoundException" });
    });
  });

  describe("images", () => {
    it("are known by the sha256 of their manifest, also when only their configuration differs", async () => {
      const repositoryName = unique("repo");
      await pushImage(ecr, repositoryName, one, "one");
      await pushImage(ecr, repositoryName, two, "two");
      const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
      assert.deepEqual(
        imageDetails.map(({ imageDigest, imageTags }) => [imageDigest, imageTags]),
        [
          [one.digest, ["one"]],
          [two.digest, ["two"]],
        ],
      );
      const size = one.layers[0]?.length;
      assert.ok(imageDetails[0]?.imagePushedAt instanceof Date);
      assert.equal(imageDetails[0]?.imageSizeInBytes, size);
      const got = await ecr.send(
        new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "one" }, { imageTag: "zzz" }] }),
      );
      assert.equal(got.images?.[0]?.imageManifest, one.manifest);
      assert.deepEqual(
        got.failures?.map(({ failureCode }) => failureCode),
        ["ImageNotFound"],
      );
    });

    it("are refused under a tag that is taken when tags are immutable", async () => {
      const repositoryName = await repository({ imageTagMutability: "IMMUTABLE" });
      await pushImage(ecr, repositoryName, one, "v1");
      for (const blob of [two.config]) await pushBlob(ecr, repositoryName, blob);
      await assert.rejects(put(repositoryName, one, "v1"), { name: "ImageAlreadyExistsException" });
      await assert.rejects(put(repositoryName, two, "v1"), { name: "ImageTagAlreadyExistsException" });
      await put(repositoryName, two, "v2");
      await put(repositoryName, one, "latest");
      const { imageDetails } = await ecr.send(
        new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }),
      );
      assert.deepEqual(imageDetails?.[0]?.imageTags, ["v1", "latest"]);
    });

    it("lose a mutable tag to a newer image", async () => {
      const repositoryName = unique("repo");
      await pushImage(ecr, repositoryName, one, "latest");
      await pushImage(ecr, repositoryName, two, "latest");
      const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName, filter: { tagStatus: "UNTAGGED" } }));
      assert.deepEqual(imageIds, [{ imageDigest: one.digest }]);
    });

    it("are refused without their layers, with another digest, or when they are no manifest", async () => {
      const repositoryName = await repository();
      await assert.rejects(put(repositoryName, one), { name: "LayersNotFoundException" });
      const wrong = { repositoryName, imageManifest: one.manifest, imageDigest: two.digest };
      await assert.rejects(ecr.send(new PutImageCommand(wrong)), { name: "ImageDigestDoesNotMatchException" });
      for (const imageManifest of ["{", "{}"]) {
        const bad = new PutImageCommand({ repositoryName, imageManifest });
        await assert.rejects(ecr.send(bad), { name: "InvalidParameterException" });
      }
      const index = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: one.digest, size: 1 }] });
      const orphan = new PutImageCommand({ repositoryName, imageManifest: index });
      await assert.rejects(ecr.send(orphan), { name: "ReferencedImagesNotFoundException" });
    });

    it("go by tag or by digest, and a repository that holds one only when forced", async () => {
      const repositoryName = unique("repo");
      await pushImage(ecr, repositoryName, one, "a");
      await put(repositoryName, one, "b");
      await assert.rejects(ecr.send(new DeleteRepositoryCommand({ repositoryName })), {
        name: "RepositoryNotEmptyException",
      });
      const remove = (imageId: object) =>
        ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [imageId] }));
      assert.deepEqual((await remove({ imageTag: "a" })).imageIds, [{ imageDigest: one.digest, imageTag: "a" }]);
      assert.equal((await remove({ imageTag: "a" })).failures?.[0]?.failureCode, "ImageNotFound");
      await remove({ imageDigest: one.digest });
      const described = ecr.send(
        new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: one.digest }] }),
      );
      await assert.rejects(described, { name: "ImageNotFoundException" });
      await pushImage(ecr, repositoryName, one, "a");
      await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
      await assert.rejects(ecr.send(new ListImagesCommand({ repositoryName })), {
        name: "RepositoryNotFoundException",
      });
    });

    it("are listed in pages", async () => {
      const repositoryName = unique("repo");
      await pushImage(ecr, repositoryName, one, "t0");
      for (let index = 1; index < 5; index += 1) await put(repositoryName, one, `t${index}`);
      const tags: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await ecr.send(new ListImagesCommand({ repositoryName, maxResults: 2, nextToken }));
        tags.push(...(page.imageIds ?? []).map(({ imageTag }) => imageTag));
        nextToken = page.nextToken;
      } while (nextToken);
      assert.deepEqual(tags, ["t0", "t1", "t2", "t3", "t4"]);
    });
  });

  describe("scans", () => {
    const findings = (repositoryName: string) =>
      ecr.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag: "v1" } }));

    it("are there, without findings, when the repository scans on push", async () => {
      const repositoryName = await repository({ imageScanningConfiguration: { scanOnPush: true } });
      await pushImage(ecr, repositoryName, one, "v1");
      const found = await findings(repositoryName);
      assert.equal(found.imageScanStatus?.status, "COMPLETE");
      assert.deepEqual(found.imageScanFindings?.findings, []);
    });

    it("are missing until one is started otherwise", async () => {
      const image = await imageOf({ "app/scan": unique("x") }, {});
      const repositoryName = unique("repo");
      await pushImage(ecr, repositoryName, image, "v1");
      await assert.rejects(findings(repositoryName), { name: "ScanNotFoundException" });
      await ecr.send(new StartImageScanCommand({ repositoryName, imageId: { imageTag: "v1" } }));
      assert.equal((await findings(repositoryName)).imageScanStatus?.status, "COMPLETE");
    });

    it("find what a test says they find", async () => {
      const image = await imageOf({ "app/scan": unique("x") }, {});
      const repositoryName = await repository({ imageScanningConfiguration: { scanOnPush: true } });
      await pushImage(ecr, repositoryName, image, "v1");
      const body = JSON.stringify({ imageDigest: image.digest, findings: [{ name: "CVE-1", severity: "HIGH" }] });
      assert.equal((await fetch(`${cloud.endpoint}/_switchyard/ecr/findings`, { method: "POST", body })).status, 200);
      const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName }));
      assert.deepEqual(imageDetails?.[0]?.imageScanFindingsSummary?.findingSeverityCounts, { HIGH: 1 });
      const wrong = JSON.stringify({ imageDigest: image.digest, findings: [{ name: "CVE-1", severity: "AWFUL" }] });
      assert.equal(
        (await fetch(`${cloud.endpoint}/_switchyard/ecr/findings`, { method: "POST", body: wrong })).status,
        400,
      );
    });
  });
});
