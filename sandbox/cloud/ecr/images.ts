import type * as ecr from "@aws-sdk/client-ecr";
import { BatchGetImageCommand, type Image, type ImageIdentifier, ListImagesCommand } from "@aws-sdk/client-ecr";
import { AwsError, awsError, type CloudContext } from "../handlers.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { imageOf, type OpenRepository, type OpenRepositoryOf } from "./repository.ts";
import { findingsSummary, isScanned, scanComplete } from "./scans.ts";
import { digestOf, type ImageStore, type StoredImage } from "./store.ts";

/** The commands of a registry on images that ECR and ECR Public have in common. */
export type ImageCommands = Pick<typeof ecr, "BatchDeleteImageCommand" | "DescribeImagesCommand" | "PutImageCommand">;

export function installPushes(
  cloud: CloudContext,
  store: ImageStore,
  open: OpenRepositoryOf,
  commands: ImageCommands,
  pushed: (repository: OpenRepository, image: ImageIdentifier, moto: CloudContext["moto"]) => void = () => undefined,
): void {
  cloud.handle(commands.PutImageCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const text = input.imageManifest ?? "";
    const manifest = parseManifest(text, input.imageManifestMediaType);
    const digest = digestOf(text);
    if (input.imageDigest && input.imageDigest !== digest) {
      throw awsError(
        "ImageDigestDoesNotMatchException",
        `The manifest's digest is ${digest}, not ${input.imageDigest}`,
      );
    }
    requireReferenced(repository, manifest);
    const image = put(repository, { digest, text, manifest, tag: input.imageTag, size: sizeOf(repository, manifest) });
    pushed(repository, { imageDigest: digest, imageTag: input.imageTag }, call.moto);
    return { image: describeManifest(repository, image, input.imageTag) };
  });

  cloud.handle(commands.DescribeImagesCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const { tagStatus } = input.filter ?? {};
    const wanted = input.imageIds
      ? [...new Set(input.imageIds.map((id) => imageOf(repository, id)))]
      : [...repository.images.values()].filter(({ tags }) => hasStatus(tags.size > 0, tagStatus));
    const { page, nextToken } = paginate(
      wanted,
      input.maxResults ?? (input.imageIds ? wanted.length : 100),
      input.nextToken,
    );
    return { imageDetails: page.map((image) => detail(repository, image)), nextToken };
  });

  cloud.handle(commands.BatchDeleteImageCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const { found, failures } = lookUp(repository, input.imageIds ?? []);
    const imageIds: ImageIdentifier[] = [];
    for (const { image, id } of found) {
      const removed = id.imageDigest ? [...image.tags] : [id.imageTag ?? ""];
      for (const tag of removed) image.tags.delete(tag);
      if (image.tags.size === 0) repository.images.delete(image.digest);
      if (removed.length === 0) imageIds.push({ imageDigest: image.digest });
      imageIds.push(...removed.map((imageTag) => ({ imageDigest: image.digest, imageTag })));
    }
    return { imageIds, failures };
  });

  function requireReferenced({ blobs, images }: OpenRepository, manifest: Manifest): void {
    if (manifest.kind === "index") {
      const missing = manifest.manifests.filter(({ digest }) => !images.has(digest)).map(({ digest }) => digest);
      if (missing.length === 0) return;
      throw awsError("ReferencedImagesNotFoundException", `Images with digests '${missing.join(", ")}' do not exist`);
    }
    const missing = [manifest.config, ...manifest.layers]
      .filter(({ digest }) => !blobs.has(digest))
      .map(({ digest }) => digest);
    if (missing.length > 0)
      throw awsError("LayersNotFoundException", `Layers with digests '${missing.join(", ")}' do not exist`);
  }

  function sizeOf({ images }: OpenRepository, manifest: Manifest): number {
    const parts = manifest.kind === "index" ? manifest.manifests : manifest.layers;
    return parts.reduce((sum, { digest }) => sum + (images.get(digest)?.size ?? store.blobSize(digest) ?? 0), 0);
  }
}

export function installImages(cloud: CloudContext, open: OpenRepositoryOf): void {
  cloud.handle(BatchGetImageCommand, async (input, call) => {
    const repository = await open(input.repositoryName, call);
    const { found, failures } = lookUp(repository, input.imageIds ?? []);
    return { images: found.map(({ image, id }) => describeManifest(repository, image, id.imageTag)), failures };
  });

  cloud.handle(ListImagesCommand, async (input, call) => {
    const { images } = await open(input.repositoryName, call);
    const ids = [...images.values()].flatMap(({ digest, tags }): ImageIdentifier[] =>
      tags.size === 0 ? [{ imageDigest: digest }] : [...tags].map((imageTag) => ({ imageDigest: digest, imageTag })),
    );
    const wanted = ids.filter(({ imageTag }) => hasStatus(imageTag !== undefined, input.filter?.tagStatus));
    const { page, nextToken } = paginate(wanted, input.maxResults ?? 100, input.nextToken);
    return { imageIds: page, nextToken };
  });
}

interface Pushed {
  readonly digest: string;
  readonly text: string;
  readonly manifest: Manifest;
  readonly tag: string | undefined;
  readonly size: number;
}

/** Adds an image or a tag under the repository's rules of immutability. */
function put(repository: OpenRepository, { digest, text, manifest, tag, size }: Pushed): StoredImage {
  const { images, name, registryId, settings } = repository;
  const existing = images.get(digest);
  const holder = tag === undefined ? undefined : [...images.values()].find(({ tags }) => tags.has(tag));
  const where = `in the repository with name '${name}' in registry with id '${registryId}'`;
  if (existing && (tag === undefined || holder === existing)) {
    const what = `Image with digest '${digest}' and tag '${tag ?? null}' already exists ${where}`;
    throw awsError("ImageAlreadyExistsException", what);
  }
  if (holder && settings.imageTagMutability?.startsWith("IMMUTABLE")) {
    const what = `The image tag '${tag}' already exists ${where} and cannot be overwritten because the repository is immutable.`;
    throw awsError("ImageTagAlreadyExistsException", what);
  }
  if (tag !== undefined) holder?.tags.delete(tag);
  const { mediaType } = manifest;
  const image = existing ?? { digest, manifest: text, mediaType, tags: new Set<string>(), pushedAt: new Date(), size };
  if (tag !== undefined) image.tags.add(tag);
  images.set(digest, image);
  return image;
}

/** The image an identifier names; throws ImageNotFoundException. */
function lookUp(repository: OpenRepository, ids: readonly ImageIdentifier[]) {
  const found: { image: StoredImage; id: ImageIdentifier }[] = [];
  const failures: { imageId: ImageIdentifier; failureCode: "ImageNotFound"; failureReason: string }[] = [];
  for (const id of ids) {
    try {
      found.push({ image: imageOf(repository, id), id });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failures.push({ imageId: id, failureCode: "ImageNotFound", failureReason: "Requested image not found" });
    }
  }
  return { found, failures };
}

function describeManifest(repository: OpenRepository, image: StoredImage, imageTag: string | undefined): Image {
  return {
    registryId: repository.registryId,
    repositoryName: repository.name,
    imageId: { imageDigest: image.digest, ...(imageTag ? { imageTag } : {}) },
    imageManifest: image.manifest,
    imageManifestMediaType: image.mediaType,
  };
}

function detail(repository: OpenRepository, image: StoredImage) {
  const scanned = isScanned(repository, image);
  return {
    registryId: repository.registryId,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(image.tags.size > 0 ? { imageTags: [...image.tags] } : {}),
    imageSizeInBytes: image.size,
    imagePushedAt: image.pushedAt,
    imageManifestMediaType: image.mediaType,
    ...(scanned ? { imageScanStatus: scanComplete, imageScanFindingsSummary: findingsSummary(image) } : {}),
  };
}

function hasStatus(tagged: boolean, status: string | undefined): boolean {
  return status === undefined || status === "ANY" || (status === "TAGGED") === tagged;
}

function paginate<T>(items: readonly T[], size: number, token: string | undefined): { page: T[]; nextToken?: string } {
  const from = token ? Number(Buffer.from(token, "base64url").toString("utf8")) : 0;
  if (!Number.isInteger(from) || from < 0)
    throw awsError("InvalidParameterException", "Invalid parameter at 'nextToken'");
  const to = from + size;
  const page = items.slice(from, to);
  return to < items.length ? { page, nextToken: Buffer.from(String(to)).toString("base64url") } : { page };
}
