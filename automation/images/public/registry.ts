import type { ECRPUBLICClient } from "@aws-sdk/client-ecr-public";
import { sessionName } from "../../../programs/access.ts";
import type { ConfigValues } from "../../../programs/config.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Credentials } from "../../aws/clients.ts";
import { enter, placeIn } from "../../aws/place.ts";
import { type Artifact, digestOf, emptyConfig, type Manifest, referrers } from "./artifacts.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Layout, readBlob } from "./layout.ts";

/** Amazon ECR Public has its API here, whatever region images are pulled from (Amazon ECR Public user guide). */
const region = "us-east-1";
/** Amazon ECR Public API reference, UploadLayerPart: 20 MiB at most. */
const partBytes = 10 * 1024 * 1024;

/** The public repositories of an account, as far as pushing needs them. */
export class PublicRegistry {
  readonly #client: ECRPUBLICClient;
  readonly #sdk: typeof import("@aws-sdk/client-ecr-public");

  private constructor(sdk: typeof import("@aws-sdk/client-ecr-public"), credentials: Credentials | undefined) {
    this.#sdk = sdk;
    this.#client = new sdk.ECRPUBLICClient({ region, ...(credentials && { credentials }) });
  }

  /** Those of the account that `values`, the registry stack's configuration, names; else of the environment's. */
  static async open(values: ConfigValues): Promise<PublicRegistry> {
    const { assumeRole } = placeIn(values);
    const credentials = assumeRole === undefined ? undefined : enter(region, assumeRole, sessionName("registry"));
    return new PublicRegistry(await import("@aws-sdk/client-ecr-public"), credentials);
  }

  close(): void {
    this.#client.destroy();
  }

  /** URI of a repository; undefined when there is none. Asked by name: a role that pushes may look at its own alone. */
  async uriOf(repositoryName: string): Promise<string | undefined> {
    const asked = new this.#sdk.DescribeRepositoriesCommand({ repositoryNames: [repositoryName] });
    const { repositories } = await this.#client.send(asked).catch((error: Error) => {
      if (error.name === "RepositoryNotFoundException") return { repositories: [] };
      throw error;
    });
    return repositories?.[0]?.repositoryUri;
  }

  /** What a tag names; undefined when it names nothing. */
  async digestOf(repositoryName: string, imageTag: string): Promise<string | undefined> {
    const asked = new this.#sdk.DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] });
    const { imageDetails } = await this.#client.send(asked).catch((error: Error) => {
      if (error.name === "ImageNotFoundException") return { imageDetails: [] };
      throw error;
    });
    return imageDetails?.[0]?.imageDigest;
  }

  /**
   * Pushes an index with all it names, under a tag that is new or names the same already: Amazon ECR Public lets tags move.
   * What says where the images are from is pushed with it, and stays as it was first said of each image.
   *
   * @returns whether it was pushed now
   * @throws SwitchyardError `invalid-flag` when the tag names other content.
   */
  async push(repositoryName: string, imageTag: string, layout: Layout): Promise<{ readonly isNew: boolean }> {
    const { index, images, artifacts, dir } = layout;
    const there = await this.digestOf(repositoryName, imageTag);
    if (there === index.digest) return { isNew: false };
    if (there !== undefined)
      throw new SwitchyardError("invalid-flag", {
        what: `${repositoryName}:${imageTag} already names other content (${there}, not ${index.digest})`,
        where: "--tag",
        fix: "Push under a new tag: those who pull by this one would get something else",
      });
    for (const { descriptor, manifest, blobs } of images) {
      await this.#upload(repositoryName, blobs, (one) => readBlob(dir, one));
      await this.#put(repositoryName, { ...descriptor, text: manifest });
      await this.#refer(repositoryName, descriptor.digest, artifacts, dir);
    }
    await this.#put(repositoryName, index, imageTag);
    return { isNew: true };
  }

  /** Artifacts of an image, and the tag they are found by; what was said of it before stays. */
  async #refer(repositoryName: string, subject: string, all: readonly Artifact[], dir: string): Promise<void> {
    const artifacts = all.filter((one) => one.subject === subject);
    const { tag, ...index } = referrers(subject, artifacts);
    if (artifacts.length === 0 || (await this.digestOf(repositoryName, tag)) !== undefined) return;
    const empty = { mediaType: "", digest: digestOf(emptyConfig), size: emptyConfig.length };
    await this.#upload(repositoryName, [empty], async () => emptyConfig);
    for (const artifact of artifacts) {
      await this.#upload(repositoryName, [artifact.blob], (one) => readBlob(dir, one));
      await this.#put(repositoryName, artifact);
    }
    await this.#put(repositoryName, index, tag);
  }

  async #upload(
    repositoryName: string,
    blobs: readonly Descriptor[],
    read: (one: Descriptor) => Promise<Buffer>,
  ): Promise<void> {
    const each = new Map(blobs.map((blob) => [blob.digest, blob]));
    const layerDigests = [...each.keys()];
    const asked = new this.#sdk.BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests });
    const { layers = [] } = await this.#client.send(asked);
    const there = layers.flatMap((one) => (one.layerAvailability === "AVAILABLE" ? [one.layerDigest] : []));
    for (const [digest, blob] of each) {
      if (there.includes(digest)) continue;
      const bytes = await read(blob);
      const { uploadId } = await this.#client.send(new this.#sdk.InitiateLayerUploadCommand({ repositoryName }));
      for (let first = 0; first < bytes.length; first += partBytes) {
        const layerPartBlob = bytes.subarray(first, first + partBytes);
        const partLastByte = first + layerPartBlob.length - 1;
        await this.#client.send(
          new this.#sdk.UploadLayerPartCommand({
            repositoryName,
            uploadId,
            partFirstByte: first,
            partLastByte,
            layerPartBlob,
          }),
        );
      }
      const done = new this.#sdk.CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] });
      await this.#client.send(done).catch(ifThere("LayerAlreadyExistsException"));
    }
  }

  async #put(repositoryName: string, { text, mediaType, digest }: Manifest, imageTag?: string): Promise<void> {
    const put = new this.#sdk.PutImageCommand({
      repositoryName,
      imageManifest: text,
      imageManifestMediaType: mediaType,
      imageDigest: digest,
      ...(imageTag === undefined ? {} : { imageTag }),
    });
    await this.#client.send(put).catch(ifThere("ImageAlreadyExistsException"));
  }
}

/** Another push of the same was faster. */
function ifThere(name: string): (error: Error) => undefined {
  return (error) => {
    if (error.name !== name) throw error;
    return undefined;
  };
}
