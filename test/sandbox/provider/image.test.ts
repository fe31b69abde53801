import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { ECR } from "@aws-sdk/client-ecr";
import { extract, pack } from "tar-stream";
import { imageFromArchive } from "../../../sandbox/provider/docker/daemon.ts";
import { parseDockerfile } from "../../../sandbox/provider/docker/dockerfile.ts";
import type { Image } from "../../../sandbox/provider/docker/image.ts";
import { packImage } from "../../../sandbox/provider/docker/pack.ts";
import { type Bag, UNKNOWN } from "../../../sandbox/provider/values.ts";
import { unique, useCloud } from "../../support/cloud.ts";
import { useEnvironment } from "./environment.ts";
import { type Made, type Served, serve } from "./provider.ts";

const web = `ARG BASE=alpine
FROM \${BASE}
ARG VERSION=none
ENV VERSION=\${VERSION} NODE_ENV=production
WORKDIR /app
COPY --chown=65532:65532 dist/ ./
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["node", "web.mjs"]
`;

interface Config {
  architecture: string;
  config: Bag;
}
const configOf = ({ config }: Image) => JSON.parse(config.bytes.toString()) as Config;

async function contents(tar: Buffer): Promise<Record<string, { mode?: number; uid?: number; text: string }>> {
  const found: Record<string, { mode?: number; uid?: number; text: string }> = {};
  const reader = extract();
  Readable.from([tar]).pipe(reader);
  for await (const entry of reader) {
    const { name, mode, uid } = entry.header;
    found[name] = {
      ...(mode !== undefined && { mode }),
      ...(uid !== undefined && { uid }),
      text: (await buffer(entry)).toString(),
    };
  }
  return found;
}

describe("an image packed without a Docker daemon", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "switchyard-pack-"));
    mkdirSync(join(folder, "dist/lib"), { recursive: true });
    writeFileSync(join(folder, "dist/web.mjs"), "web\n");
    writeFileSync(join(folder, "dist/lib/run.sh"), "#!/bin/sh\n");
    chmodSync(join(folder, "dist/lib/run.sh"), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const packed = (text: string, options: { args?: Record<string, string>; platform?: string; target?: string } = {}) =>
    packImage({
      dockerfile: parseDockerfile("Dockerfile", text, options.args ?? {}),
      context: folder,
      platform: options.platform ?? "linux/amd64",
      args: options.args ?? {},
      target: options.target,
    });

  it("has the files of the context, where and whose the Dockerfile says", async () => {
    const { layers } = await packed(web);
    assert.deepEqual(await contents(gunzipSync(layers[0]?.bytes ?? Buffer.alloc(0))), {
      "app/": { mode: 0o755, uid: 65532, text: "" },
      "app/lib/": { mode: 0o755, uid: 65532, text: "" },
      "app/lib/run.sh": { mode: 0o755, uid: 65532, text: "#!/bin/sh\n" },
      "app/web.mjs": { mode: 0o644, uid: 65532, text: "web\n" },
    });
  });

  it("has the settings, build arguments put in, for the platform asked for", async () => {
    const { architecture, config } = configOf(await packed(web, { args: { VERSION: "v7" }, platform: "linux/arm64" }));
    assert.equal(architecture, "arm64");
    assert.deepEqual(config, {
      Env: ["VERSION=v7", "NODE_ENV=production"],
      WorkingDir: "/app",
      User: "65532:65532",
      ExposedPorts: { "8080/tcp": {} },
      Entrypoint: ["node", "web.mjs"],
    });
  });

  it("says that its base is left out", async () => {
    const { annotations } = JSON.parse((await packed(web, { args: { BASE: "node:24" } })).manifest) as {
      annotations: Bag;
    };
    assert.deepEqual(annotations, { "switchyard.sandbox.base-left-out": "node:24" });
  });

  it("is the same for the same source, whenever and wherever it was checked out", async () => {
    const first = await packed(web);
    utimesSync(join(folder, "dist/web.mjs"), new Date(0), new Date(1_000_000));
    chmodSync(join(folder, "dist/web.mjs"), 0o600);
    assert.equal((await packed(web)).digest, first.digest);
  });

  it("is another for another file, argument or platform", async () => {
    const digests = [
      await packed(web),
      await packed(web, { args: { VERSION: "v2" } }),
      await packed(web, { platform: "linux/arm64" }),
    ].map(({ digest }) => digest);
    writeFileSync(join(folder, "dist/web.mjs"), "changed\n");
    digests.push((await packed(web)).digest);
    assert.equal(new Set(digests).size, 4);
  });

  const refusals: [string, string, RegExp][] = [
    ["a RUN", "FROM scratch\nRUN apk add curl\n", /Dockerfile:2: RUN needs a Docker daemon/],
    ["a COPY from another stage", "FROM a AS x\nFROM scratch\nCOPY --from=x / /\n", /Dockerfile:3: COPY --from needs/],
    ["a final stage on another stage", "FROM a AS x\nFROM x\n", /starts from the stage "x"/],
    [
      "a user of the base",
      "FROM a\nCOPY --chown=node:node dist/ /\n",
      /--chown=node:node names a user of the base image/,
    ],
    ["a download", "FROM a\nADD https://example.com/x /\n", /neither downloads nor unpacks/],
    ["what is not in the context", "FROM a\nCOPY missing /\n", /copies "missing", which is not there/],
    ["what is outside the context", "FROM a\nCOPY ../../etc/passwd /\n", /which is not there/],
    ["HEALTHCHECK", "FROM a\nHEALTHCHECK CMD true\n", /does not implement HEALTHCHECK/],
  ];
  for (const [what, text, message] of refusals) {
    it(`is refused with ${what}`, () => assert.rejects(packed(text), message));
  }

  it("passes over a RUN whose author says that the program does not depend on it", async () => {
    const image = await packed(
      "FROM a\n# image-only: certificates of the distribution\nRUN apk add ca\nCOPY dist/web.mjs /w.mjs\n",
    );
    assert.equal(image.layers.length, 1);
  });

  it("is refused with a .dockerignore, which would not be applied", async () => {
    writeFileSync(join(folder, ".dockerignore"), "dist\n");
    await assert.rejects(packed(web), /does not apply it/);
  });

  it("taken from a Docker daemon's archive does not depend on when it was built", async () => {
    const archive = async (created: string) => {
      const tar = pack();
      const config = {
        created,
        architecture: "amd64",
        os: "linux",
        history: [{ created, created_by: "COPY" }],
        rootfs: { type: "layers", diff_ids: [] },
      };
      tar.entry({ name: "config.json" }, JSON.stringify(config));
      tar.entry({ name: "one/layer.tar" }, "layer");
      tar.entry({ name: "manifest.json" }, JSON.stringify([{ Config: "config.json", Layers: ["one/layer.tar"] }]));
      tar.finalize();
      return imageFromArchive(await buffer(tar));
    };
    const [one, two] = [await archive("2026-01-01T00:00:00Z"), await archive("2026-02-02T00:00:00Z")];
    assert.equal(one.digest, two.digest);
    assert.equal(gunzipSync(one.layers[0]?.bytes ?? Buffer.alloc(0)).toString(), "layer");
  });
});

describe("the docker stand-in", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  const type = "docker:index/image:Image";
  let docker: Served;
  let folder: string;
  let repository: string;
  let ecr: ECR;

  beforeEach(async () => {
    docker = await serve("docker");
    ecr = new ECR(cloud.sdk());
    folder = mkdtempSync(join(tmpdir(), "switchyard-push-"));
    writeFileSync(join(folder, "Dockerfile"), 'FROM scratch\nCOPY app.mjs /\nCMD ["node", "/app.mjs"]\n');
    writeFileSync(join(folder, "app.mjs"), "one\n");
    const name = unique("images");
    repository = (await ecr.createRepository({ repositoryName: name })).repository?.repositoryUri ?? "";
  });
  afterEach(async () => {
    await docker.close();
    await ecr.deleteRepository({ repositoryName: repository.split("/")[1], force: true });
    rmSync(folder, { recursive: true });
  });

  const inputs = (rest: Bag = {}): Bag => ({ imageName: `${repository}:v1`, build: { context: folder }, ...rest });
  const pushed = async () =>
    (await ecr.describeImages({ repositoryName: repository.split("/")[1] })).imageDetails?.map(
      ({ imageDigest, imageTags }) => [imageDigest, imageTags],
    );

  it("pushes an image and knows it by digest", async () => {
    const { state } = await docker.make(type, "app", inputs());
    const [name, digest] = String(state["repoDigest"]).split("@");
    assert.equal(name, repository);
    assert.deepEqual(await pushed(), [[digest, ["v1"]]]);
    assert.equal(state["registryServer"], repository.split("/")[0]);
  });

  it("pushes the same content under the same tag again without an error", async () => {
    const first = await docker.make(type, "app", inputs());
    const again = await docker.make(type, "app", inputs());
    assert.equal(again.state["repoDigest"], first.state["repoDigest"]);
  });

  it("refuses to move a tag to other content, whatever the repository allows", async () => {
    await docker.make(type, "app", inputs());
    writeFileSync(join(folder, "app.mjs"), "two\n");
    await assert.rejects(docker.make(type, "app", inputs()), /v1: the tag already names other content \(sha256:/);
    assert.equal((await pushed())?.length, 1);
  });

  it("sees a change of the source, and pushes it under a new tag", async () => {
    const made = await docker.make(type, "app", inputs());
    writeFileSync(join(folder, "app.mjs"), "two\n");
    const { inputs: news } = await docker.check(type, "app", inputs({ imageName: `${repository}:v2` }), made.inputs);
    assert.deepEqual((await docker.diff(made, news)).changed.sort(), ["build", "imageName"]);
    const preview = await docker.update(made, news, { preview: true });
    assert.equal(preview.state["repoDigest"], UNKNOWN);
    const updated = await docker.update(made, news);
    assert.notEqual(updated.state["repoDigest"], made.state["repoDigest"]);
    assert.equal((await pushed())?.length, 2);
  });

  it("sees no change in a new password", async () => {
    const registry = (password: string) => ({ registry: { server: repository, username: "AWS", password } });
    const made = await docker.make(type, "app", inputs(registry("one")));
    const { inputs: news } = await docker.check(type, "app", inputs(registry("two")), made.inputs);
    assert.deepEqual((await docker.diff(made, news)).changed, []);
    assert.ok(!JSON.stringify(made.state["registry"]).startsWith('{"server'), "the login is secret in the state");
  });

  it("builds in a preview when asked to, and pushes nothing", async () => {
    const { inputs: checked } = await docker.check(type, "app", inputs({ buildOnPreview: true }));
    const preview: Made = await docker.create(type, "app", checked, true);
    assert.equal(preview.state["repoDigest"], UNKNOWN);
    assert.deepEqual(await pushed(), []);
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\nRUN true\n");
    const { inputs: broken } = await docker.check(type, "app", inputs({ buildOnPreview: true }));
    await assert.rejects(docker.create(type, "app", broken, true), /RUN needs a Docker daemon/);
  });

  it("says that an image is gone when the registry no longer has it", async () => {
    const made = await docker.make(type, "app", inputs());
    await ecr.batchDeleteImage({ repositoryName: repository.split("/")[1], imageIds: [{ imageTag: "v1" }] });
    assert.equal(await docker.read(made), undefined);
  });

  it("refuses a registry that is not ECR, and a Dockerfile that is not there", async () => {
    await assert.rejects(
      docker.make(type, "app", inputs({ imageName: "example.com/app:v1" })),
      /is not an image of ECR/,
    );
    const build = { context: folder, dockerfile: join(folder, "missing") };
    await assert.rejects(docker.make(type, "app", inputs({ build })), /build.dockerfile: cannot read .*missing/);
  });
});
