/** OCI and Docker image manifests, as far as a registry reads them. */
import { z } from "zod";
import { awsError } from "../handlers.ts";

const descriptor = z.looseObject({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  mediaType: z.string().optional(),
  platform: z.looseObject({ architecture: z.string(), os: z.string() }).optional(),
});
export type Descriptor = z.infer<typeof descriptor>;

const imageManifest = z.looseObject({
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
});
const indexManifest = z.looseObject({ mediaType: z.string().optional(), manifests: z.array(descriptor) });

export type Manifest =
  | { readonly kind: "image"; readonly mediaType: string; readonly config: Descriptor; readonly layers: Descriptor[] }
  | { readonly kind: "index"; readonly mediaType: string; readonly manifests: Descriptor[] };

/** Reads a manifest; throws ECR's InvalidParameterException for anything else. */
export function parseManifest(text: string, mediaType?: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  const image = imageManifest.safeParse(json);
  if (image.success) {
    const { config, layers } = image.data;
    const type = mediaType ?? image.data.mediaType ?? "application/vnd.oci.image.manifest.v1+json";
    return { kind: "image", mediaType: type, config, layers };
  }
  const index = indexManifest.safeParse(json);
  if (!index.success) throw invalid("it is neither an image manifest nor an image index");
  const type = mediaType ?? index.data.mediaType ?? "application/vnd.oci.image.index.v1+json";
  return { kind: "index", mediaType: type, manifests: index.data.manifests };
}

function invalid(why: string) {
  return awsError(
    "InvalidParameterException",
    `Invalid parameter at 'imageManifest' failed to satisfy constraint: ${why}`,
  );
}
