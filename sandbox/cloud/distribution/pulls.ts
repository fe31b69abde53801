import type { ECR } from "@aws-sdk/client-ecr";
import { isDigest } from "../ecr/layers.ts";
import type { ImageStore, Repository, StoredImage } from "../ecr/store.ts";
import { registryOf } from "./registry.ts";
import type { Login } from "./token.ts";

/** Whoever has logged in, at one repository. */
export interface Client {
  readonly login: Login;
  /** As AWS names it, without the registry. */
  readonly repositoryName: string;
  /** The repository's path at this endpoint. */
  readonly path: string;
}

export interface Pulls {
  manifest(reference: string): Promise<Pick<StoredImage, "manifest" | "mediaType" | "digest"> | undefined>;
  /** @param look Whether it is only looked for, before a push. */
  hasBlob(digest: string, look: boolean): Promise<boolean>;
}

/** Anybody's. */
export function publicPulls({ images, blobs }: Repository, store: ImageStore): Pulls {
  return {
    manifest: async (reference) =>
      images.get(reference) ?? [...images.values()].find(({ tags }) => tags.has(reference)),
    hasBlob: async (digest) => blobs.has(digest) && store.blobSize(digest) !== undefined,
  };
}

/** With the rights of who has logged in (Amazon ECR User Guide, "IAM permissions for pulling an image"). */
export function privatePulls({ login, repositoryName }: Client, endpoint: string): Pulls {
  const api: ECR = registryOf(login, endpoint);
  return {
    manifest: async (reference) => {
      const imageIds = [isDigest(reference) ? { imageDigest: reference } : { imageTag: reference }];
      const [image] = (await api.batchGetImage({ repositoryName, imageIds })).images ?? [];
      const { imageManifest: manifest, imageManifestMediaType: mediaType, imageId } = image ?? {};
      if (manifest === undefined || mediaType === undefined || imageId?.imageDigest === undefined) return undefined;
      return { manifest, mediaType, digest: imageId.imageDigest };
    },
    hasBlob: async (layerDigest, look) => {
      if (look) {
        const { layers = [] } = await api.batchCheckLayerAvailability({ repositoryName, layerDigests: [layerDigest] });
        return layers[0]?.layerAvailability === "AVAILABLE";
      }
      const found = await api.getDownloadUrlForLayer({ repositoryName, layerDigest }).catch((error: Error) => {
        if (error.name !== "LayersNotFoundException") throw error;
      });
      return found !== undefined;
    },
  };
}
