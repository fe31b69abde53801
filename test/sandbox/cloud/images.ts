import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { pack } from "tar-stream";

export interface TestImage {
  readonly layers: readonly Buffer[];
  readonly config: Buffer;
  readonly manifest: string;
  readonly digest: string;
}

export const sha256 = (content: string | Uint8Array) => `sha256:${createHash("sha256").update(content).digest("hex")}`;

/** A tar archive of files (and directories, whose names end in "/"); scripts can be run. */
export async function tarOf(files: Record<string, string>): Promise<Buffer> {
  const archive = pack();
  // The same files are the same layer in the next second too.
  const mtime = new Date(0);
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith("/")) archive.entry({ name, mtime, type: "directory" });
    else archive.entry({ name, mtime, ...(content.startsWith("#!") && { mode: 0o755 }) }, content);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** An OCI image of one layer with the given files and configuration. */
export async function imageOf(files: Record<string, string>, config: object): Promise<TestImage> {
  const layer = gzipSync(await tarOf(files));
  const configBlob = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config }));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: sha256(configBlob),
      size: configBlob.length,
    },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: sha256(layer), size: layer.length }],
  });
  return { layers: [layer], config: configBlob, manifest, digest: sha256(manifest) };
}

export async function pushBlob(client: ECRClient, repositoryName: string, blob: Buffer): Promise<void> {
  const { uploadId } = await client.send(new InitiateLayerUploadCommand({ repositoryName }));
  const half = Math.ceil(blob.length / 2);
  for (const [from, to] of [
    [0, half],
    [half, blob.length],
  ] as const) {
    const range = { partFirstByte: from, partLastByte: to - 1 };
    await client.send(
      new UploadLayerPartCommand({ repositoryName, uploadId, ...range, layerPartBlob: blob.subarray(from, to) }),
    );
  }
  await client.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256(blob)] }));
}

/** Pushes an image to a repository (made when asked to); answers the reference by digest. */
export async function pushImage(client: ECRClient, repositoryName: string, image: TestImage, imageTag?: string) {
  await client.send(new CreateRepositoryCommand({ repositoryName })).catch((error: Error) => {
    if (error.name !== "RepositoryAlreadyExistsException") throw error;
  });
  for (const blob of [...image.layers, image.config]) {
    await pushBlob(client, repositoryName, blob).catch((error: Error) => {
      if (error.name !== "LayerAlreadyExistsException") throw error;
    });
  }
  await client.send(new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag }));
  return `123456789012.dkr.ecr.us-east-1.amazonaws.com/${repositoryName}@${image.digest}`;
}
