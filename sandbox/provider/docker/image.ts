/** An image as the OCI image specification has it: blobs known by digest, a configuration and a manifest. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface Layer extends Blob {
  /** Digest of the layer before compression. */
  readonly diffId: string;
}

export interface Image {
  readonly layers: readonly Layer[];
  readonly config: Blob;
  readonly manifest: string;
  /** Digest of the manifest: what the image is known by. */
  readonly digest: string;
}

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export function layer(tar: Buffer): Layer {
  // The quickest: nobody but this machine keeps it.
  const bytes = gzipSync(tar, { level: 1 });
  return { bytes, digest: sha256(bytes), diffId: sha256(tar) };
}

export function assemble(
  layers: readonly Layer[],
  configuration: object,
  annotations: Record<string, string> = {},
): Image {
  const bytes = Buffer.from(JSON.stringify(configuration));
  const config = { bytes, digest: sha256(bytes) };
  const describe = (mediaType: string, blob: Blob) => ({ mediaType, digest: blob.digest, size: blob.bytes.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((one) => describe("application/vnd.oci.image.layer.v1.tar+gzip", one)),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
  return { layers, config, manifest, digest: sha256(manifest) };
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
