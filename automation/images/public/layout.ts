import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { SwitchyardError } from "../../../programs/errors.ts";
import { type Artifact, artifactsOf, digestOf, indexType, type Manifest, manifestOf, statedOf } from "./artifacts.ts";
import { type Descriptor, descriptor, type LayoutImage } from "./descriptor.ts";

const indexShape = z.object({ manifests: z.array(descriptor).nonempty() });
const manifestShape = z.object({ config: descriptor, layers: z.array(descriptor) });

/** A multi-platform image as a build leaves it in a directory (OCI image layout specification). */
export interface Layout {
  readonly dir: string;
  /** Of an index of the images alone: what was built when and by whom would make it another one each time. */
  readonly index: Manifest;
  readonly images: readonly LayoutImage[];
  /** SBOM and provenance of the images, an artifact each. */
  readonly artifacts: readonly Artifact[];
}

/** @throws SwitchyardError `invalid-flag` when the directory holds no index of images, or what is in it is not whole. */
export async function readLayout(dir: string): Promise<Layout> {
  const top = indexShape.safeParse(parsed(await readFile(join(dir, "index.json"), "utf8").catch(() => "")));
  const [only, ...others] = top.success ? top.data.manifests : [];
  if (only === undefined || others.length > 0) throw unusable(dir, "it is no OCI layout of one image");
  const { data } = indexShape.safeParse(parsed(await blobText(dir, only)));
  if (data === undefined) throw unusable(dir, "its image is not of several platforms");
  const all = await Promise.all(
    data.manifests.map(async (one) => {
      const manifest = await blobText(dir, one);
      const { data: parts } = manifestShape.safeParse(parsed(manifest));
      if (parts === undefined) throw unusable(dir, `${one.digest} is no image manifest`);
      return { descriptor: one, manifest, blobs: [parts.config, ...parts.layers] };
    }),
  );
  const images = all.filter(({ descriptor: { annotations } }) => annotations?.[statedOf] === undefined);
  const manifests = images.map(({ descriptor: { annotations: _, ...one } }) => one);
  const index = manifestOf({ mediaType: indexType, manifests });
  return { dir, index, images, artifacts: all.flatMap((one) => artifactsOf(one, images)) };
}

/** Bytes of a blob, held against its digest. */
export async function readBlob(dir: string, { digest }: Descriptor): Promise<Buffer> {
  const bytes = await readFile(join(dir, "blobs", ...digest.split(":"))).catch(() => undefined);
  if (bytes === undefined) throw unusable(dir, `it lacks ${digest}`);
  if (digestOf(bytes) !== digest) throw unusable(dir, `${digest} has other content than its name says`);
  return bytes;
}

async function blobText(dir: string, one: Descriptor): Promise<string> {
  return (await readBlob(dir, one)).toString("utf8");
}

/** `linux/amd64`, or `linux/arm64/v8`. */
export function platformsOf({ images }: Layout): readonly string[] {
  return images.flatMap(({ descriptor: { platform } }) => {
    if (platform === undefined) return [];
    return [[platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join("/")];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(dir: string, what: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", {
    what,
    where: dir,
    fix: "Build it again with `switchyard images build --public`",
  });
}
