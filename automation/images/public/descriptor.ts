import * as z from "zod";

/** What names a blob or a manifest (OCI image specification, "Descriptors"). */
export const descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.output<typeof descriptor>;

/** One manifest a build left: of a platform's image, or of what says where such an image is from. */
export interface LayoutImage {
  readonly descriptor: Descriptor;
  readonly manifest: string;
  readonly blobs: readonly Descriptor[];
}
