/** Pushes an image to ECR by ECR's own calls, as `docker push` does through the registry protocol. */
import { ifFound, ProviderError } from "../errors.ts";
import type { Context } from "../row.ts";
import { type Blob, type Image, MANIFEST_TYPE } from "./image.ts";

export interface Reference {
  readonly registry: string;
  readonly region: string;
  readonly repository: string;
  readonly tag: string;
}

const ECR = /^(\d{12}\.dkr\.ecr\.([\w-]+)\.amazonaws\.com)\/([a-z0-9][a-z0-9._/-]*):([\w][\w.-]{0,127})$/;

export function parseReference(imageName: string): Reference {
  const [, registry, region, repository, tag] = ECR.exec(imageName) ?? [];
  if (!registry || !region || !repository || !tag) {
    throw new ProviderError("invalid-input", {
      where: "docker:Image imageName",
      what: `"${imageName}" is not an image of ECR, the only registry of the sandbox`,
      fix: "Use <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>",
    });
  }
  return { registry, region, repository, tag };
}

/** ECR API Reference, UploadLayerPart: a part has at most 10 MiB here; ECR takes up to 20. */
const PART_BYTES = 10 * 1024 * 1024;

/** Pushes what the registry lacks. A tag that already names other content is refused, whatever the repository allows. */
export async function push(image: Image, reference: Reference, aws: Context): Promise<void> {
  const { ecr } = aws.in(reference.region);
  const { repository: repositoryName, tag: imageTag } = reference;
  const there = await ifFound(
    ecr.batchGetImage({ repositoryName, imageIds: [{ imageTag }], acceptedMediaTypes: [MANIFEST_TYPE] }),
  );
  const digest = there?.images?.[0]?.imageId?.imageDigest;
  if (digest === image.digest) return;
  if (digest !== undefined) throw taken(reference, digest);
  const blobs = [...new Map([...image.layers, image.config].map((blob) => [blob.digest, blob])).values()];
  const { layers = [] } = await ecr.batchCheckLayerAvailability({
    repositoryName,
    layerDigests: blobs.map((blob) => blob.digest),
  });
  const available = new Set(
    layers.filter((one) => one.layerAvailability === "AVAILABLE").map((one) => one.layerDigest),
  );
  for (const blob of blobs.filter((one) => !available.has(one.digest))) await upload(blob, repositoryName, ecr);
  try {
    await ecr.putImage({
      repositoryName,
      imageTag,
      imageManifest: image.manifest,
      imageManifestMediaType: MANIFEST_TYPE,
      imageDigest: image.digest,
    });
  } catch (error) {
    const { name } = error as Error;
    if (name === "ImageTagAlreadyExistsException") throw taken(reference, "other content");
    if (name !== "ImageAlreadyExistsException") throw error;
  }
}

function taken({ repository, tag }: Reference, digest: string): ProviderError {
  return new ProviderError("invalid-input", {
    where: `docker:Image ${repository}:${tag}`,
    what: `the tag already names other content (${digest})`,
    fix: "Tags are never moved: push under a new one",
  });
}

async function upload(blob: Blob, repositoryName: string, ecr: Context["ecr"]): Promise<void> {
  const { uploadId } = await ecr.initiateLayerUpload({ repositoryName });
  for (let first = 0; first < blob.bytes.length; first += PART_BYTES) {
    const layerPartBlob = blob.bytes.subarray(first, first + PART_BYTES);
    const partLastByte = first + layerPartBlob.length - 1;
    await ecr.uploadLayerPart({ repositoryName, uploadId, partFirstByte: first, partLastByte, layerPartBlob });
  }
  try {
    await ecr.completeLayerUpload({ repositoryName, uploadId, layerDigests: [blob.digest] });
  } catch (error) {
    // Another push of the same layer was faster.
    if ((error as Error).name !== "LayerAlreadyExistsException") throw error;
  }
}
