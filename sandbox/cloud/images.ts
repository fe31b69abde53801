/** Images of this cloud's ECR as directories a process can run in. */
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, link, mkdir, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { parseManifest } from "./ecr/manifest.ts";
import { imageOf } from "./ecr/repository.ts";
import { ImageStore } from "./ecr/store.ts";
import { awsError, type ImageConfig, type UnpackedImage } from "./handlers.ts";

const referencePattern =
  /^(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com\/([^:@]+)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** The account, region, repository and identifier an image reference names. */
export function parseReference(reference: string) {
  const match = referencePattern.exec(reference);
  if (!match) {
    const message = `The image reference '${reference}' names no repository of this sandbox's ECR (<account>.dkr.ecr.<region>.amazonaws.com/<name>)`;
    throw awsError("InvalidParameterException", message);
  }
  const [, account = "", region = "", name = "", tag, digest] = match;
  return { account, region, name, id: digest ? { imageDigest: digest } : { imageTag: tag ?? "latest" } };
}

/** Unpacks each image once, into `<dir>/<digest>/`. */
export function imageUnpacker(store: ImageStore, dir: string): (reference: string) => Promise<UnpackedImage> {
  const unpacked = new Map<string, Promise<UnpackedImage>>();
  return async (reference) => {
    const { account, region, name, id } = parseReference(reference);
    const repository = store.repository(ImageStore.key(account, region, name));
    const image = imageOf({ ...repository, name, registryId: account }, id);
    let result = unpacked.get(image.digest);
    if (!result) {
      result = unpack(
        store,
        image.manifest,
        image.digest,
        join(dir, image.digest.replace(":", "-")),
        repository.images,
      );
      unpacked.set(image.digest, result);
      result.catch(() => unpacked.delete(image.digest));
    }
    return result;
  };
}

async function unpack(
  store: ImageStore,
  text: string,
  digest: string,
  target: string,
  images: ReadonlyMap<string, { manifest: string }>,
): Promise<UnpackedImage> {
  let manifest = parseManifest(text);
  if (manifest.kind === "index") {
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const mine =
      manifest.manifests.find(({ platform }) => platform?.architecture === architecture) ?? manifest.manifests[0];
    manifest = parseManifest(images.get(mine?.digest ?? "")?.manifest ?? "");
    if (manifest.kind === "index") throw awsError("InvalidParameterException", "An image index names another index");
  }
  const rootfs = join(target, "rootfs");
  const configFile = join(target, "config.json");
  if (!existsSync(configFile)) {
    const fresh = `${target}.${process.pid}`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(join(fresh, "rootfs"), { recursive: true });
    for (const layer of manifest.layers) await applyLayer(store.blobFile(layer.digest), join(fresh, "rootfs"));
    await writeFile(join(fresh, "config.json"), await store.readBlob(manifest.config.digest));
    await rename(fresh, target);
  }
  const { config } = JSON.parse(await readFile(configFile, "utf8")) as { config?: ImageConfig };
  // A working directory that no layer has is made, as Docker makes it.
  await mkdir(inside(rootfs, config?.WorkingDir ?? "/"), { recursive: true });
  return { digest, rootfs, config: config ?? {} };
}

/** Applies a layer's tar archive (plain, gzip or zstd) over a root filesystem, with whiteouts (OCI image spec, "Layers"). */
export async function applyLayer(file: string, rootfs: string): Promise<void> {
  const root = await realpath(rootfs);
  const archive = extract();
  const decompress = await decompressor(file);
  const source = createReadStream(file);
  const feeding = decompress ? pipeline(source, decompress, archive) : pipeline(source, archive);
  const reading = (async () => {
    for await (const entry of archive) {
      await applyEntry(entry.header, entry, root);
      entry.resume();
    }
  })();
  await Promise.all([feeding, reading]);
}

async function decompressor(file: string) {
  const head = (await createReadStream(file, { end: 3 }).toArray())[0] as Buffer | undefined;
  if (head?.[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  if (head?.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}

async function applyEntry(header: Header, content: AsyncIterable<unknown>, root: string): Promise<void> {
  const path = inside(root, header.name);
  if (path === root) return;
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  // A symbolic link among the parents must not lead an entry out of the root filesystem.
  const real = await realpath(parent);
  if (real !== root && !real.startsWith(root + sep))
    throw new Error(`The layer entry "${header.name}" leads out of the image`);
  const name = basename(path);
  if (name === ".wh..wh..opq") return;
  if (name.startsWith(".wh.")) return rm(join(real, name.slice(4)), { recursive: true, force: true });
  const place = join(real, name);
  if (header.type === "directory") {
    await mkdir(place, { recursive: true });
    return chmod(place, ((header.mode ?? 0o755) & 0o777) | 0o700);
  }
  await rm(place, { recursive: true, force: true });
  if (header.type === "symlink") return symlink(header.linkname ?? "", place);
  if (header.type === "link") return link(inside(root, header.linkname ?? ""), place);
  if (header.type === "file" || header.type === "contiguous-file") {
    await pipeline(content, createWriteStream(place, { mode: (header.mode ?? 0o644) & 0o777 }));
  }
}

function inside(root: string, name: string): string {
  const path = resolve(root, `./${name}`);
  if (path === root || path.startsWith(root + sep)) return path;
  throw new Error(`The layer entry "${name}" leads out of the image`);
}

export interface ImageProcess {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The image's own environment; what a task or function adds goes over it. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * How an image's entrypoint runs as a process of this machine: absolute paths are those of the root filesystem, and
 * `node` is this Node.
 */
export function imageProcess(
  image: UnpackedImage,
  overrides: { entryPoint?: readonly string[]; command?: readonly string[]; workingDirectory?: string } = {},
): ImageProcess {
  const { config, rootfs } = image;
  // An overridden entrypoint also discards the image's command, as in Docker and ECS.
  const entryPoint = overrides.entryPoint?.length ? overrides.entryPoint : (config.Entrypoint ?? []);
  const command = overrides.command?.length
    ? overrides.command
    : overrides.entryPoint?.length
      ? []
      : (config.Cmd ?? []);
  const argv = [...entryPoint, ...command].map((argument) => mapped(rootfs, argument));
  const [first, ...args] = argv;
  if (!first)
    throw awsError("InvalidParameterException", `The image ${image.digest} has neither an entrypoint nor a command`);
  return {
    command: /(^|\/)node$/.test(first) ? process.execPath : first,
    args,
    cwd: join(rootfs, overrides.workingDirectory ?? config.WorkingDir ?? "/"),
    env: Object.fromEntries(
      (config.Env ?? []).map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    ),
  };
}

function mapped(rootfs: string, argument: string): string {
  if (!argument.startsWith("/")) return argument;
  const path = join(rootfs, argument);
  return existsSync(path) ? path : argument;
}
