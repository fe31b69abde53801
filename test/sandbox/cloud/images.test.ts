import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { parseManifest } from "../../../sandbox/cloud/ecr/manifest.ts";
import { ImageStore } from "../../../sandbox/cloud/ecr/store.ts";
import { applyLayer, imageProcess, imageUnpacker, parseReference } from "../../../sandbox/cloud/images.ts";
import { imageOf, sha256, tarOf } from "./images.ts";

type Entry = { name: string; type?: "file" | "directory" | "symlink" | "link"; linkname?: string; mode?: number };

async function tarOfEntries(entries: readonly [Entry, string?][]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content] of entries) archive.entry(header, content ?? "");
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

describe("image layers", () => {
  let dir: string;
  let rootfs: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "switchyard-layers-"));
    rootfs = join(dir, "rootfs");
    mkdirSync(rootfs);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const apply = async (content: Buffer) => {
    const file = join(dir, "layer");
    writeFileSync(file, content);
    await applyLayer(file, rootfs);
  };

  it("lay down files, directories, links and modes, plain or compressed", async () => {
    const tar = await tarOfEntries([
      [{ name: "bin/", type: "directory" }],
      [{ name: "bin/run", mode: 0o755 }, "#!"],
      [{ name: "bin/soft", type: "symlink", linkname: "run" }],
      [{ name: "bin/hard", type: "link", linkname: "bin/run" }],
      [{ name: "deep/er/file" }, "text"],
    ]);
    for (const compress of [(content: Buffer) => content, gzipSync, zstdCompressSync]) {
      rmSync(rootfs, { recursive: true });
      mkdirSync(rootfs);
      await apply(compress(tar));
      assert.equal(statSync(join(rootfs, "bin/run")).mode & 0o777, 0o755);
      assert.equal(readlinkSync(join(rootfs, "bin/soft")), "run");
      assert.equal(readFileSync(join(rootfs, "bin/hard"), "utf8"), "#!");
      assert.equal(readFileSync(join(rootfs, "deep/er/file"), "utf8"), "text");
    }
  });

  it("replace and remove what lower layers laid down", async () => {
    await apply(await tarOf({ "a/old": "1", "a/kept": "1", "b/gone": "1" }));
    await apply(await tarOf({ "a/old": "2", "a/.wh.nothing": "", ".wh.b": "" }));
    assert.equal(readFileSync(join(rootfs, "a/old"), "utf8"), "2");
    assert.equal(readFileSync(join(rootfs, "a/kept"), "utf8"), "1");
    assert.equal(existsSync(join(rootfs, "b")), false);
  });

  it("never write outside the root filesystem", async () => {
    const up = await tarOfEntries([[{ name: "../out" }, "x"]]);
    await assert.rejects(apply(up), /leads out of the image/);
    const through = await tarOfEntries([[{ name: "way", type: "symlink", linkname: dir }], [{ name: "way/out" }, "x"]]);
    await assert.rejects(apply(through), /leads out of the image/);
    assert.equal(existsSync(join(dir, "out")), false);
  });
});

describe("image references and processes", () => {
  const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

  it("are parsed by tag and by digest", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const place = { account: "123456789012", region: "us-east-1", name: "team/web" };
    assert.deepEqual(parseReference(`${host}/team/web:v1`), { ...place, id: { imageTag: "v1" } });
    assert.deepEqual(parseReference(`${host}/team/web@${digest}`), { ...place, id: { imageDigest: digest } });
    assert.deepEqual(parseReference(`${host}/team/web:v1@${digest}`), { ...place, id: { imageDigest: digest } });
    assert.deepEqual(parseReference(`${host}/team/web`), { ...place, id: { imageTag: "latest" } });
    assert.throws(() => parseReference("nginx:latest"), /names no repository of this sandbox's ECR/);
  });

  it("are unpacked once, for this machine's architecture", async () => {
    const dir = mkdtempSync(join(tmpdir(), "switchyard-unpack-"));
    try {
      const store = new ImageStore(join(dir, "ecr"));
      const image = await imageOf({ "app/main": "x" }, { Cmd: ["main"], WorkingDir: "/app" });
      const repository = store.repository(ImageStore.key("123456789012", "us-east-1", "web"));
      const bare = await imageOf({ "app/main": "x" }, { Cmd: ["main"], WorkingDir: "/srv/work" });
      for (const blob of [image, bare].flatMap(({ layers, config }) => [...layers, config]))
        writeFileSync(store.blobFile(sha256(blob)), blob);
      const add = (digest: string, manifest: string, tag: string) => {
        const { mediaType } = parseManifest(manifest);
        repository.images.set(digest, {
          digest,
          manifest,
          mediaType,
          tags: new Set([tag]),
          pushedAt: new Date(),
          size: 0,
        });
      };
      add(image.digest, image.manifest, "v1");
      add(bare.digest, bare.manifest, "bare");
      const architecture = process.arch === "x64" ? "amd64" : process.arch;
      const manifests = [
        { digest: `sha256:${"0".repeat(64)}`, size: 1, platform: { os: "linux", architecture: "s390x" } },
        { digest: image.digest, size: 1, platform: { os: "linux", architecture } },
      ];
      const index = JSON.stringify({ schemaVersion: 2, manifests });
      add(sha256(index), index, "multi");
      const unpack = imageUnpacker(store, join(dir, "images"));
      const [a, b] = await Promise.all([unpack(`${host}/web:v1`), unpack(`${host}/web:v1`)]);
      assert.equal(a, b);
      assert.equal(readFileSync(join(a.rootfs, "app/main"), "utf8"), "x");
      assert.deepEqual((await unpack(`${host}/web:multi`)).config, { Cmd: ["main"], WorkingDir: "/app" });
      await assert.rejects(unpack(`${host}/web:v2`), { code: "ImageNotFoundException" });
      const run = imageProcess(a);
      assert.deepEqual([run.command, run.cwd], ["main", join(a.rootfs, "app")]);
      // No layer has it: it is made, as Docker makes it.
      assert.ok(statSync(imageProcess(await unpack(`${host}/web:bare`)).cwd).isDirectory());
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("run with this Node and with paths of their own root filesystem", () => {
    const rootfs = mkdtempSync(join(tmpdir(), "switchyard-run-"));
    try {
      mkdirSync(join(rootfs, "app"));
      writeFileSync(join(rootfs, "app/main.mjs"), "");
      const config = {
        Entrypoint: ["/usr/local/bin/node", "/app/main.mjs"],
        Cmd: ["--flag", "/etc/x"],
        Env: ["A=b=c"],
      };
      const image = { digest: "sha256:0", rootfs, config };
      assert.deepEqual(imageProcess(image), {
        command: process.execPath,
        args: [join(rootfs, "app/main.mjs"), "--flag", "/etc/x"],
        cwd: join(rootfs, "/"),
        env: { A: "b=c" },
      });
      assert.deepEqual(imageProcess(image, { command: ["once"] }).args, [join(rootfs, "app/main.mjs"), "once"]);
      assert.deepEqual(imageProcess(image, { entryPoint: ["sh"] }).args, []);
      assert.throws(() => imageProcess({ ...image, config: {} }), /neither an entrypoint nor a command/);
    } finally {
      rmSync(rootfs, { recursive: true, force: true });
    }
  });
});
