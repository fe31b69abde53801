import type { Repository as EcrRepository, ImageIdentifier } from "@aws-sdk/client-ecr";
import type { MetadataBearer } from "@smithy/types";
import { type AwsCall, awsError } from "../handlers.ts";
import type { Repository, StoredImage } from "./store.ts";

/** A repository as both moto and the store know it. */
export interface OpenRepository extends Repository {
  readonly name: string;
  readonly registryId: string;
  /** What moto knows of it: mutability, scanning, encryption. */
  readonly settings: EcrRepository;
}

export type OpenRepositoryOf = (
  name: string | undefined,
  call: Pick<AwsCall<object, MetadataBearer>, "moto" | "account" | "region">,
) => Promise<OpenRepository>;

export function imageOf(
  repository: Pick<OpenRepository, "images" | "name" | "registryId">,
  id: ImageIdentifier,
): StoredImage {
  const byTag = [...repository.images.values()].find(({ tags }) => id.imageTag !== undefined && tags.has(id.imageTag));
  const image = id.imageDigest ? repository.images.get(id.imageDigest) : byTag;
  if (image && (!id.imageTag || image.tags.has(id.imageTag))) return image;
  const named = `{imageDigest:'${id.imageDigest ?? null}', imageTag:'${id.imageTag ?? null}'}`;
  const where = `in the repository with name '${repository.name}' in the registry with id '${repository.registryId}'`;
  throw awsError("ImageNotFoundException", `The image with imageId ${named} does not exist ${where}`);
}
