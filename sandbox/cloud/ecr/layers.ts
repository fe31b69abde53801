import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type * as ecr from "@aws-sdk/client-ecr";
import { GetDownloadUrlForLayerCommand } from "@aws-sdk/client-ecr";
import { AwsError, awsError, type CloudContext } from "../handlers.ts";
import type { OpenRepositoryOf } from "./repository.ts";
import type { ImageStore } from "./store.ts";

/** Part size ECR tells its clients to use (Amazon ECR API reference, InitiateLayerUpload). */
const partSize = 10_485_760;
const downloads = "/_switchyard/ecr/blobs/";

/** The commands of a registry that upload layers; those of ECR and ECR Public take and answer the same. */
export type UploadCommands = Pick<
  typeof ecr,
  | "BatchCheckLayerAvailabilityCommand"
  | "CompleteLayerUploadCommand"
  | "InitiateLayerUploadCommand"
  | "UploadLayerPartCommand"
>;

export function installUploads(
  cloud: CloudContext,
  store: ImageStore,
  open: OpenRepositoryOf,
  commands: UploadCommands,
): void {
  cloud.handle(commands.BatchCheckLayerAvailabilityCommand, async (input, call) => {
    const { blobs } = await open(input.repositoryName, call);
    const valid = (input.layerDigests ?? []).filter((digest) => isDigest(digest));
    return {
      layers: valid.map((layerDigest) => {
        const layerSize = blobs.has(layerDigest) ? store.blobSize(layerDigest) : undefined;
        if (layerSize === undefined) return { layerDigest, layerAvailability: "UNAVAILABLE" as const };
        return { layerDigest, layerAvailability: "AVAILABLE" as const, layerSize };
      }),
      failures: (input.layerDigests ?? [])
        .filter((digest) => !isDigest(digest))
        .map((layerDigest) => ({
          layerDigest,
          failureCode: "InvalidLayerDigest" as const,
          failureReason: "Invalid digest",
        })),
    };
  });

  cloud.handle(commands.InitiateLayerUploadCommand, async (input, call) => {
    await open(input.repositoryName, call);
    return { uploadId: await store.beginUpload(), partSize };
  });

  cloud.handle(commands.UploadLayerPartCommand, async (input, call) => {
    const { registryId, name } = await open(input.repositoryName, call);
    const upload = uploadOf(input.uploadId);
    const part = input.layerPartBlob ?? new Uint8Array();
    if (input.partFirstByte !== upload.received || input.partLastByte !== upload.received + part.length - 1) {
      const lastValidByteReceived = upload.received - 1;
      const message = `Invalid layer part: it does not continue at byte ${upload.received}`;
      throw new AwsError("InvalidLayerPartException", message, 400, {
        lastValidByteReceived,
        uploadId: input.uploadId,
      });
    }
    await store.append(upload, part);
    return { registryId, repositoryName: name, uploadId: input.uploadId, lastByteReceived: upload.received - 1 };
  });

  cloud.handle(commands.CompleteLayerUploadCommand, async (input, call) => {
    const { blobs, registryId, name } = await open(input.repositoryName, call);
    const upload = uploadOf(input.uploadId);
    const uploadId = input.uploadId ?? "";
    if (upload.received === 0) throw awsError("EmptyUploadException", "The layer upload contains no layer parts");
    const layerDigest = await store.uploadDigest(upload);
    if (!input.layerDigests?.includes(layerDigest)) {
      store.discard(uploadId);
      const message = `The uploaded layer has digest ${layerDigest}, not ${input.layerDigests?.join(", ")}`;
      throw awsError("InvalidLayerException", message);
    }
    if (blobs.has(layerDigest)) {
      store.discard(uploadId);
      throw awsError(
        "LayerAlreadyExistsException",
        `Layer with digest '${layerDigest}' already exists in the repository`,
      );
    }
    store.keep(uploadId, layerDigest);
    blobs.add(layerDigest);
    return { registryId, repositoryName: name, uploadId, layerDigest };
  });

  function uploadOf(id: string | undefined) {
    const upload = store.upload(id ?? "");
    if (upload) return upload;
    throw awsError("UploadNotFoundException", `The upload '${id}' does not exist`);
  }
}

export function installDownloads(cloud: CloudContext, store: ImageStore, open: OpenRepositoryOf): void {
  cloud.handle(GetDownloadUrlForLayerCommand, async (input, call) => {
    const { blobs } = await open(input.repositoryName, call);
    const layerDigest = input.layerDigest ?? "";
    if (!blobs.has(layerDigest)) {
      throw awsError("LayersNotFoundException", `The layer '${layerDigest}' is not in the repository`);
    }
    return { layerDigest, downloadUrl: `${cloud.endpoint}${downloads}${layerDigest}` };
  });

  cloud.route(downloads, async (request, response) => {
    const digest = decodeURIComponent((request.url ?? "").slice(downloads.length));
    const size = isDigest(digest) ? store.blobSize(digest) : undefined;
    if (size === undefined) return void response.writeHead(404).end("No such layer\n");
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    await pipeline(createReadStream(store.blobFile(digest)), response);
  });
}

export function isDigest(digest: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(digest);
}
