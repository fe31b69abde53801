/** Pulling as the OCI distribution specification has it, with nothing but HTTP. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

interface Described {
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export interface Pulled {
  /** Of the images that run, not of what says where they are from. */
  readonly platforms: readonly string[];
  readonly blobs: number;
}

/**
 * Everything of an index, each held against its digest and its size.
 *
 * @param image `public.ecr.aws/<alias>/<repository>`, asked for at the endpoint
 */
export async function pullWhole(endpoint: string, image: string, digest: string): Promise<Pulled> {
  const path = image.replace(/^[^/]+\//, "");
  const get = async (kind: "manifests" | "blobs", one: Pick<Described, "digest"> & { readonly size?: number }) => {
    const answer = await fetch(`${endpoint}/v2/${path}/${kind}/${one.digest}`);
    assert.equal(answer.status, 200, one.digest);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, one.digest);
    if (one.size !== undefined) assert.equal(bytes.length, one.size, one.digest);
    return bytes;
  };
  const index = JSON.parse((await get("manifests", { digest })).toString()) as { manifests: readonly Described[] };
  let blobs = 0;
  for (const described of index.manifests) {
    const manifest = JSON.parse((await get("manifests", described)).toString()) as {
      config: Described;
      layers: readonly Described[];
    };
    for (const blob of [manifest.config, ...manifest.layers]) {
      await get("blobs", blob);
      blobs++;
    }
  }
  const named = index.manifests.flatMap(({ platform }) =>
    platform ? [`${platform.os}/${platform.architecture}`] : [],
  );
  return { platforms: named.filter((name) => !name.startsWith("unknown")), blobs };
}
