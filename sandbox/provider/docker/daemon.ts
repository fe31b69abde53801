/** Builds with a Docker daemon, where one answers, and takes the image out of it. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { ProviderError } from "../errors.ts";
import { assemble, type Image, layer } from "./image.ts";
import type { PackOptions } from "./pack.ts";

const run = promisify(execFile);
let answers: Promise<boolean> | undefined;

/** `SWITCHYARD_DOCKER=off` packs without the daemon even where one answers. */
export function daemonAnswers(): Promise<boolean> {
  if (process.env["SWITCHYARD_DOCKER"] === "off") return Promise.resolve(false);
  answers ??= run("docker", ["info"], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
  return answers;
}

export async function buildWithDaemon(options: PackOptions): Promise<Image> {
  const { dockerfile, context, platform, args, target } = options;
  const folder = await mkdtemp(join(tmpdir(), "switchyard-image-"));
  try {
    const id = join(folder, "id");
    const values = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const stage = target === undefined ? [] : ["--target", target];
    await docker([
      "build",
      "--platform",
      platform,
      "--file",
      dockerfile.path,
      "--iidfile",
      id,
      ...stage,
      ...values,
      context,
    ]);
    const archive = join(folder, "image.tar");
    await docker(["image", "save", "--output", archive, (await readFile(id, "utf8")).trim()]);
    return await imageFromArchive(await readFile(archive));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function docker(args: string[]): Promise<void> {
  try {
    await run("docker", args, { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, DOCKER_BUILDKIT: "1" } });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const last = stderr.trim().split("\n").slice(-3).join(" ");
    throw new ProviderError("invalid-input", {
      where: `docker ${args[0]}`,
      what: last || (error as Error).message,
      cause: error,
    });
  }
}

interface Configuration {
  created?: string;
  history?: { created?: string }[];
  rootfs: { type: string; diff_ids: string[] };
}

/** What `docker image save` writes, as an OCI image. The times of the build are left out: they would change the digest. */
export async function imageFromArchive(archive: Buffer): Promise<Image> {
  const files = new Map<string, Buffer>();
  const unpack = extract();
  Readable.from([archive]).pipe(unpack);
  for await (const entry of unpack) files.set(entry.header.name, await buffer(entry));
  const file = (name: string): Buffer => {
    const bytes = files.get(name);
    if (!bytes)
      throw new ProviderError("invalid-input", { where: "docker image save", what: `its archive lacks ${name}` });
    return bytes;
  };
  const [saved] = JSON.parse(file("manifest.json").toString()) as { Config: string; Layers: string[] }[];
  const {
    created: _,
    history = [],
    ...configuration
  } = JSON.parse(file(saved?.Config ?? "").toString()) as Configuration;
  const layers = (saved?.Layers ?? []).map((name) => {
    const bytes = file(name);
    return layer(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
  });
  return assemble(layers, { ...configuration, history: history.map(({ created: __, ...step }) => step) });
}
