import { randomUUID } from "node:crypto";

export interface NewFile {
  /** Media type, such as `image/png`. */
  readonly type: string;
  readonly bytes: number;
  /** Everybody may read it, at an address that stays. */
  readonly isPublic: boolean;
}

/** How a page uploads a file without its bytes going through the service. */
export interface Upload {
  readonly id: string;
  readonly method: "PUT";
  readonly url: string;
  /** To be sent as they are, with exactly the bytes that were announced: they are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresInSeconds: number;
  /** Where everybody may read it, of a public file. */
  readonly publicUrl?: string;
}

export interface Files {
  /** Whether there may be public files: where the platform put a CDN in front of them. */
  readonly canPublish: boolean;
  upload(file: NewFile): Promise<Upload>;
  /** The address a file can be read at for a while, which answers 404 where there is none. */
  addressOf(id: string): Promise<string>;
}

export const mostBytes = 10 * 1024 * 1024;
/** Short: whoever has the address may use it. */
const expiresInSeconds = 300;

/** Whether it may be the id of a file: nothing else comes into a key. */
export const isFileId = (id: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/** What everybody may be shown: nothing that a browser runs. */
const publicTypes: ReadonlySet<string> = new Set(["avif", "gif", "jpeg", "png", "webp"].map((name) => `image/${name}`));

/** In the bucket that the platform gives a service with `files: true`; undefined without. */
export function createFiles({
  AWS_ENDPOINT_URL: endpoint,
  FILES_BUCKET: Bucket,
  FILES_CDN: cdn,
  FILES_REGION: region,
}: Readonly<Record<string, string | undefined>>): Files | undefined {
  if (!Bucket || !region) return undefined;
  // Loaded with the first file: a service that has none starts as fast without it.
  const open = async () => {
    const [{ GetObjectCommand, PutObjectCommand, S3Client }, { getSignedUrl }] = await Promise.all([
      import("@aws-sdk/client-s3"),
      import("@aws-sdk/s3-request-presigner"),
    ]);
    // A checksum of what is not there yet would be signed, and refuse every upload.
    const client = new S3Client({
      region,
      forcePathStyle: endpoint !== undefined,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
    return { client, getSignedUrl, GetObjectCommand, PutObjectCommand };
  };
  let opened: ReturnType<typeof open> | undefined;
  const s3 = () => (opened ??= open());
  const keyOf = (id: string) => `uploads/${id}`;
  return {
    canPublish: Boolean(cdn),
    upload: async ({ type, bytes, isPublic }) => {
      const { client, getSignedUrl, PutObjectCommand } = await s3();
      const id = randomUUID();
      // The CDN answers what is below public/, and nothing else.
      const Key = isPublic ? `public/${id}` : keyOf(id);
      const put = new PutObjectCommand({ Bucket, Key, ContentType: type, ContentLength: bytes });
      const url = await getSignedUrl(client, put, {
        expiresIn: expiresInSeconds,
        signableHeaders: new Set(["content-type", "content-length", "host"]),
      });
      const upload = { id, method: "PUT", url, headers: { "content-type": type }, expiresInSeconds } as const;
      return isPublic ? { ...upload, publicUrl: `${cdn}/${Key}` } : upload;
    },
    addressOf: async (id) => {
      const { client, getSignedUrl, GetObjectCommand } = await s3();
      // Shown by nobody's browser as a page of the bucket's own origin.
      const get = new GetObjectCommand({ Bucket, Key: keyOf(id), ResponseContentDisposition: "attachment" });
      return getSignedUrl(client, get, { expiresIn: expiresInSeconds });
    },
  };
}

/** The file in a request body, or what is wrong with it. */
export function parseNewFile(body: unknown): NewFile | { readonly error: string } {
  const {
    type,
    bytes,
    public: isPublic = false,
  } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof type !== "string" || !/^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(type))
    return { error: "type: expected a media type such as image/png" };
  if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 1 || bytes > mostBytes)
    return { error: `bytes: expected a whole number from 1 to ${mostBytes}` };
  if (typeof isPublic !== "boolean") return { error: "public: expected true or false" };
  if (isPublic && !publicTypes.has(type)) return { error: `public: expected one of ${[...publicTypes].join(", ")}` };
  return { type, bytes, isPublic };
}
