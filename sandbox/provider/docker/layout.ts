import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assemble, type Blob, layer, MANIFEST_TYPE, sha256 } from "./image.ts";

/**
 * An OCI layout of two platforms as a build with attestations leaves it. The same content gives the same images; `built`
 * stands in the provenance, which differs with every build.
 */
export async function writeLayout(dir: string, content: string, built = "1"): Promise<{ digest: string }> {
  const blobs: Blob[] = [];
  const keep = (text: string) => {
    const bytes = Buffer.from(text);
    blobs.push({ bytes, digest: sha256(bytes) });
    return { digest: sha256(bytes), size: bytes.length };
  };
  const image = (configuration: object, tar: string) => {
    const made = assemble([layer(Buffer.from(tar))], configuration);
    blobs.push(...made.layers, made.config);
    return { mediaType: MANIFEST_TYPE, ...keep(made.manifest) };
  };
  const images = ["amd64", "arm64"].map((architecture) => ({
    ...image({ architecture, os: "linux", config: {} }, content),
    platform: { os: "linux", architecture },
  }));
  const statement = (predicateType: string, text: string) => ({
    ...{ mediaType: "application/vnd.in-toto+json", ...keep(JSON.stringify({ predicateType, predicate: text })) },
    annotations: { "in-toto.io/predicate-type": predicateType },
  });
  const attestations = images.map(({ digest }) => {
    const sbom = statement("https://spdx.dev/Document", `what is in ${digest}`);
    const provenance = statement("https://slsa.dev/provenance/v1", `${digest} was built ${built}`);
    const config = { mediaType: "application/vnd.oci.image.config.v1+json", ...keep(`{"of":"${digest}"}`) };
    const layers = [sbom, provenance];
    return {
      ...{ mediaType: MANIFEST_TYPE, ...keep(JSON.stringify({ schemaVersion: 2, config, layers })) },
      platform: { os: "unknown", architecture: "unknown" },
      annotations: { "vnd.docker.reference.digest": digest, "vnd.docker.reference.type": "attestation-manifest" },
    };
  });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = [...images, ...attestations];
  const index = keep(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  await mkdir(join(dir, "blobs/sha256"), { recursive: true });
  for (const { digest, bytes } of blobs) await writeFile(join(dir, "blobs", ...digest.split(":")), bytes);
  await writeFile(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...index }] }));
  await writeFile(join(dir, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return index;
}
