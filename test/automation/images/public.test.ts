import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CreateRepositoryCommand, ECRPUBLICClient } from "@aws-sdk/client-ecr-public";
import { bazelBlock, type PublicDigests, recordDifferences } from "../../../automation/images/public/handoff.ts";
import { platformsOf, readLayout } from "../../../automation/images/public/layout.ts";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";
import { useCloud } from "../../support/cloud.ts";
import { pullWhole } from "../../support/oci.ts";
import { Driver } from "../../support/release/driver.ts";
import { writeLayout } from "./layouts.ts";

/** Of the tag `pull` in rules_oci's documentation (bazel-contrib/rules_oci, oci/extensions.bzl). */
const documented = new Set(["name", "image", "platforms", "digest", "tag", "reproducible", "config", "bazel_tags"]);

interface Manifest {
  readonly manifests?: readonly { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }[];
  readonly artifactType?: string;
  readonly subject?: { readonly digest: string };
}

const digests: PublicDigests = {
  minimal: {
    image: "public.ecr.aws/a1b2c3d4/minimal",
    tag: "abc",
    digest: `sha256:${"1".repeat(64)}`,
    platforms: ["linux/arm64", "linux/amd64"],
  },
  base: {
    image: "public.ecr.aws/a1b2c3d4/base",
    tag: "abc",
    digest: `sha256:${"2".repeat(64)}`,
    platforms: ["linux/amd64"],
  },
};

describe("the hand-off to Bazel", () => {
  it("pulls each image by digest for its platforms, with attributes rules_oci documents", () => {
    const block = bazelBlock(digests);
    const pulls = [...block.matchAll(/^oci\.pull\(\n(.*?)^\)$/gms)].map(([, body = ""]) => body);
    assert.equal(pulls.length, 2);
    for (const body of pulls) {
      const attributes = [...body.matchAll(/^ {4}(\w+) = /gm)].map(([, name = ""]) => name);
      assert.deepEqual(
        attributes.filter((name) => !documented.has(name)),
        [],
      );
      assert.deepEqual(attributes, ["name", "digest", "image", "platforms"]);
      assert.doesNotMatch(body, /image = ".*[:@]/, "an image is named without tag or digest");
    }
    assert.match(pulls[1] ?? "", /platforms = \[\n {8}"linux\/amd64",\n {8}"linux\/arm64",\n {4}\],/);
    assert.match(block, /use_repo\(\n {4}oci,\n {4}"base",\n {4}"base_linux_amd64",\n/);
  });

  it("says how the record differs from the registry", () => {
    const base = { digest: digests["base"]?.digest ?? "" };
    assert.deepEqual(recordDifferences(digests, { base, minimal: { digest: digests["minimal"]?.digest ?? "" } }), []);
    const [gone, other] = recordDifferences(digests, { base: undefined, minimal: base }).toSorted();
    assert.match(gone ?? "", /base: the registry has no tag abc/);
    assert.match(other ?? "", /minimal: abc is sha256:2+ there, and sha256:1+ in the record/);
  });
});

describe("pushing public images", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  let source: string;
  let layouts: string;

  before(async () => {
    source = await mkdtemp(join(tmpdir(), "switchyard-public-"));
    layouts = join(source, "built");
    await mkdir(join(source, "images"));
    const client = new ECRPUBLICClient(cloud.sdk());
    for (const repositoryName of ["base", "minimal"])
      await client.send(new CreateRepositoryCommand({ repositoryName }));
  });
  after(() => rm(source, { recursive: true, force: true }));

  const write = async (content: string, built?: string) => {
    for (const name of ["base", "minimal"]) await writeLayout(join(layouts, name), `${name} ${content}`, built);
  };
  const drive = (...args: readonly string[]) =>
    new Driver(["images", ...args, "--public", "--source", source], {
      ...process.env,
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: cloud.dir,
    });
  const push = (tag: string) => drive("push", "--tag", tag, "--layouts", layouts);
  const record = async () => JSON.parse(await readFile(join(source, "images/digests.json"), "utf8")) as PublicDigests;

  it("pushes both platforms, records them, and prints what Bazel needs", async () => {
    await write("one");
    const pushed = push("v1");
    await pushed.succeeds();
    const { base, minimal } = await record();
    assert.deepEqual(base?.platforms, ["linux/amd64", "linux/arm64"]);
    assert.match(minimal?.image ?? "", /^public\.ecr\.aws\/\w+\/minimal$/);
    assert.ok(pushed.output.includes(bazelBlock(await record())));
    await drive("digests", "--check").succeeds();
  });

  it("can be pulled by digest by anyone, whole", async () => {
    const { base } = await record();
    const image = base?.image ?? "";
    const { platforms, blobs } = await pullWhole(cloud.endpoint, image, base?.digest ?? "");
    assert.deepEqual(platforms, ["linux/amd64", "linux/arm64"]);
    assert.equal(blobs, 4);
    const path = image.replace("public.ecr.aws/", "");
    assert.equal((await fetch(`${cloud.endpoint}/v2/${path}/manifests/v9`)).status, 404);
  });

  it("attaches SBOM and provenance to each platform's image, where clients look for them", async () => {
    const { base } = await record();
    const at = `${cloud.endpoint}/v2/${(base?.image ?? "").replace("public.ecr.aws/", "")}/manifests`;
    const get = async (reference: string) => (await (await fetch(`${at}/${reference}`)).json()) as Manifest;
    const { manifests: images = [] } = await get(base?.digest ?? "");
    for (const { digest: image } of images) {
      const { manifests = [] } = await get(image.replace(":", "-"));
      const types = manifests.map(({ annotations }) => annotations?.["in-toto.io/predicate-type"]);
      assert.deepEqual(types, ["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"]);
      for (const { digest } of manifests) {
        const artifact = await get(digest);
        assert.equal(artifact.subject?.digest, image);
        assert.equal(artifact.artifactType, "application/vnd.in-toto+json");
      }
    }
  });

  it("gives the same digest however often the same is built, and leaves the tag", async () => {
    const before = await record();
    const { index } = await readLayout(join(layouts, "base"));
    await write("one", "2");
    const again = push("v1");
    await again.succeeds();
    assert.match(again.output, /base +was there/);
    assert.equal((await readLayout(join(layouts, "base"))).index.digest, index.digest);
    assert.deepEqual(await record(), before);
  });

  it("refuses other content under a tag that is there, and moves nothing", async () => {
    await write("two");
    const refused = push("v1");
    assert.equal(await refused.exitCode(), 2, refused.output);
    assert.match(refused.output, /--tag: base:v1 already names other content \(sha256:\w+, not sha256:\w+\)/);
    await drive("digests", "--check").succeeds();
    await push("v2").succeeds();
  });

  it("finds a record the registry does not have", async () => {
    const now = await record();
    const wrong = { ...now, base: { ...now["base"], digest: `sha256:${"0".repeat(64)}` } };
    await writeFile(join(source, "images/digests.json"), JSON.stringify(wrong));
    const check = drive("digests", "--check");
    assert.notEqual(await check.exitCode(), 0);
    assert.match(check.output, /base: v2 is sha256:\w+ there, and sha256:0+ in the record/);
  });

  it("refuses a directory that holds no build, and one whose content was changed", async () => {
    const none = drive("push", "--tag", "v3", "--layouts", source);
    assert.equal(await none.exitCode(), 2);
    assert.match(none.output, /it is no OCI layout of one image/);
    const { digest } = await writeLayout(join(layouts, "base"), "three");
    await writeFile(join(layouts, "base/blobs/sha256", digest.replace("sha256:", "")), "{}");
    const changed = push("v3");
    assert.equal(await changed.exitCode(), 2);
    assert.match(changed.output, /has other content than its name says/);
  });

  it("says that Docker with buildx is missing, when it is", async () => {
    const env = {
      ...process.env,
      PATH: dirname(process.execPath),
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: cloud.dir,
    };
    const build = new Driver(["images", "build", "--public", "--tag", "v1", "--source", source], env);
    assert.equal(await build.exitCode(), errorCatalogue["missing-tool"].exitCode, build.output);
    assert.match(build.output, /docker buildx: there is no Docker with buildx/);
  });

  it("knows the platforms of what it read", async () => {
    await writeLayout(join(layouts, "base"), "four");
    assert.deepEqual(platformsOf(await readLayout(join(layouts, "base"))), ["linux/amd64", "linux/arm64"]);
  });
});
