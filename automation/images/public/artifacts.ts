/** What says where an image is from, as artifacts that refer to it (OCI image specification 1.1, "Guidelines for artifact usage"). */
import { createHash } from "node:crypto";
import type { Descriptor, LayoutImage } from "./descriptor.ts";

export const indexType = "application/vnd.oci.image.index.v1+json";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
/** An artifact's configuration where it has none (same, "Guidance for an empty descriptor"). */
export const emptyConfig = Buffer.from("{}");

/** BuildKit's mark of a manifest that says something of another one: its digest (BuildKit, "Image attestation storage"). */
export const statedOf = "vnd.docker.reference.digest";
const predicate = "in-toto.io/predicate-type";

export interface Manifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly text: string;
}

export interface Artifact extends Manifest {
  readonly blob: Descriptor;
  /** Digest of the image it is of. */
  readonly subject: string;
  /** Such as `https://spdx.dev/Document` or `https://slsa.dev/provenance/v1`. */
  readonly predicateType: string;
}

export const digestOf = (bytes: Buffer | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export function manifestOf(content: { readonly mediaType: string } & Readonly<Record<string, unknown>>): Manifest {
  const text = JSON.stringify({ schemaVersion: 2, ...content });
  return { mediaType: content.mediaType, digest: digestOf(text), text };
}

/** The statements of a manifest of BuildKit's, an artifact each; none of another manifest. */
export function artifactsOf({ descriptor, blobs }: LayoutImage, images: readonly LayoutImage[]): readonly Artifact[] {
  const of = images.find((image) => image.descriptor.digest === descriptor.annotations?.[statedOf])?.descriptor;
  if (of === undefined) return [];
  const subject = { mediaType: of.mediaType, digest: of.digest, size: of.size };
  const config = {
    mediaType: "application/vnd.oci.empty.v1+json",
    digest: digestOf(emptyConfig),
    size: emptyConfig.length,
  };
  return blobs.flatMap((blob) => {
    const predicateType = blob.annotations?.[predicate];
    if (predicateType === undefined) return [];
    const artifactType = blob.mediaType;
    const annotations = { [predicate]: predicateType };
    const content = { mediaType: manifestType, artifactType, config, layers: [blob], subject, annotations };
    return [{ ...manifestOf(content), blob, subject: of.digest, predicateType }];
  });
}

/** Where artifacts are found of an image whose registry lists no referrers: the tag, and the index under it (OCI distribution specification, "Referrers Tag Schema"). */
export function referrers(subject: string, artifacts: readonly Artifact[]): { readonly tag: string } & Manifest {
  const manifests = artifacts
    .filter((one) => one.subject === subject)
    .map(({ mediaType, digest, text, blob, predicateType }) => ({
      ...{ mediaType, digest, size: Buffer.byteLength(text), artifactType: blob.mediaType },
      annotations: { [predicate]: predicateType },
    }));
  return { tag: subject.replace(":", "-"), ...manifestOf({ mediaType: indexType, manifests }) };
}
