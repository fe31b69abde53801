import assert from "node:assert/strict";
import { ECR } from "@aws-sdk/client-ecr";
import { ECRPUBLIC } from "@aws-sdk/client-ecr-public";
import { unique, useCloud } from "../../support/cloud.ts";
import { imageOf, sha256, type TestImage } from "./images.ts";

/** The steps of any client of images, by nothing but HTTP. */
describe("images pushed and pulled by the OCI distribution specification", () => {
  const cloud = useCloud();
  let one: TestImage;
  let two: TestImage;
  before(async () => {
    [one, two] = await Promise.all([imageOf({ a: "one" }, { Cmd: ["a"] }), imageOf({ a: "two" }, { Cmd: ["a"] })]);
  });

  const ask = (path: string, authorization: string | undefined, request: RequestInit = {}) =>
    fetch(new URL(path, cloud.endpoint), {
      ...request,
      headers: { ...request.headers, ...(authorization && { authorization }) },
    });
  const codeOf = async (answer: Response) =>
    ((await answer.json()) as { errors: readonly { code: string }[] }).errors[0]?.code;

  async function pushBlob(path: string, authorization: string, blob: Buffer, digest = sha256(blob)): Promise<Response> {
    const begun = await ask(`${path}/blobs/uploads/`, authorization, { method: "POST" });
    assert.equal(begun.status, 202, await begun.clone().text());
    const half = Math.ceil(blob.length / 2);
    const patch = { method: "PATCH", body: new Uint8Array(blob.subarray(0, half)) };
    const patched = await ask(begun.headers.get("location") ?? "", authorization, patch);
    assert.equal(patched.headers.get("range"), `0-${half - 1}`);
    const rest = { method: "PUT", body: new Uint8Array(blob.subarray(half)) };
    return ask(`${patched.headers.get("location")}?digest=${digest}`, authorization, rest);
  }

  async function push(path: string, authorization: string, image: TestImage, reference: string): Promise<Response> {
    for (const blob of [image.config, ...image.layers])
      assert.equal((await pushBlob(path, authorization, blob)).status, 201);
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    return ask(`${path}/manifests/${reference}`, authorization, { method: "PUT", headers, body: image.manifest });
  }

  async function pull(path: string, authorization: string | undefined, image: TestImage): Promise<void> {
    const manifest = await ask(`${path}/manifests/${image.digest}`, authorization);
    assert.equal(await manifest.text(), image.manifest);
    for (const blob of [image.config, ...image.layers]) {
      const digest = sha256(blob);
      assert.equal((await ask(`${path}/blobs/${digest}`, authorization, { method: "HEAD" })).status, 200);
      const pulled = await ask(`${path}/blobs/${digest}`, authorization);
      assert.ok(Buffer.from(await pulled.arrayBuffer()).equals(blob));
    }
  }

  describe("with ECR", () => {
    let path: string;
    let login: string;
    before(async () => {
      const ecr = new ECR(cloud.sdk());
      const repositoryName = unique("pushed");
      await ecr.createRepository({ repositoryName, imageTagMutability: "IMMUTABLE" });
      path = `/v2/${repositoryName}`;
      const { authorizationData } = await ecr.getAuthorizationToken({});
      login = `Basic ${authorizationData?.[0]?.authorizationToken}`;
      assert.ok((authorizationData?.[0]?.expiresAt?.getTime() ?? 0) > Date.now());
    });

    it("take only who has logged in", async () => {
      const stranger = `Basic ${Buffer.from("AWS:guess").toString("base64")}`;
      for (const authorization of [undefined, stranger])
        for (const [method, at] of [
          ["GET", "/v2/"],
          ["POST", `${path}/blobs/uploads/`],
          ["GET", `${path}/manifests/v1`],
        ] as const) {
          const refused = await ask(at, authorization, { method });
          assert.equal(refused.status, 401);
          assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic /);
        }
      assert.equal((await ask("/v2/", login)).status, 200);
    });

    it("come back by digest, and are the API's as well", async () => {
      const pushed = await push(path, login, one, "v1");
      assert.equal(pushed.status, 201);
      assert.equal(pushed.headers.get("docker-content-digest"), one.digest);
      await pull(path, login, one);
      const { imageDetails } = await new ECR(cloud.sdk()).describeImages({ repositoryName: path.slice(4) });
      assert.deepEqual(
        imageDetails?.map(({ imageDigest, imageTags }) => [imageDigest, imageTags]),
        [[one.digest, ["v1"]]],
      );
    });

    it("may be pushed again; another content under a tag that may not move is refused", async () => {
      assert.equal((await push(path, login, one, "v1")).status, 201);
      const refused = await push(path, login, two, "v1");
      assert.deepEqual([refused.status, await codeOf(refused)], [400, "TAG_INVALID"]);
    });

    it("are refused where their bytes are not their digest's, or layers are missing", async () => {
      const wrong = await pushBlob(path, login, Buffer.from("other"), sha256("another"));
      assert.deepEqual([wrong.status, await codeOf(wrong)], [400, "DIGEST_INVALID"]);
      const unknown = await imageOf({ b: "three" }, { Cmd: ["b"] });
      const put = await ask(`${path}/manifests/v3`, login, { method: "PUT", body: unknown.manifest });
      assert.deepEqual([put.status, await codeOf(put)], [400, "MANIFEST_BLOB_UNKNOWN"]);
      const nowhere = await ask("/v2/nowhere/blobs/uploads/", login, { method: "POST" });
      assert.deepEqual([nowhere.status, await codeOf(nowhere)], [404, "NAME_UNKNOWN"]);
      const gone = await ask(`${path}/blobs/uploads/none?digest=${one.digest}`, login, { method: "PUT", body: "x" });
      assert.deepEqual([gone.status, await codeOf(gone)], [404, "BLOB_UPLOAD_UNKNOWN"]);
    });
  });

  it("with ECR Public are pushed by who has logged in, and pulled by anyone", async () => {
    const api = new ECRPUBLIC(cloud.sdk());
    const { repository } = await api.createRepository({ repositoryName: unique("shared") });
    const path = `/v2/${repository?.repositoryUri?.split("/").slice(1).join("/")}`;
    assert.equal((await ask(`${path}/blobs/uploads/`, undefined, { method: "POST" })).status, 401);
    const login = `Basic ${(await api.getAuthorizationToken({})).authorizationData?.authorizationToken}`;
    assert.equal((await push(path, login, one, "v1")).status, 201);
    await pull(path, undefined, one);
  });
});
