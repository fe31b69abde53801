/** Blobs on disk, and the images of each repository, keyed as a registry keys them: by sha256. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

export interface StoredImage {
  readonly digest: string;
  readonly manifest: string;
  readonly mediaType: string;
  readonly tags: Set<string>;
  readonly pushedAt: Date;
  /** Bytes of the manifest's layers, as pushed. */
  readonly size: number;
}

export interface Repository {
  readonly images: Map<string, StoredImage>;
  /** Digests of the blobs pushed to this repository. */
  readonly blobs: Set<string>;
}

export interface Upload {
  readonly file: string;
  received: number;
}

/** `sha256:` of bytes. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

export class ImageStore {
  readonly #dir: string;
  readonly #repositories = new Map<string, Repository>();
  readonly #uploads = new Map<string, Upload>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(join(dir, "blobs"), { recursive: true });
    mkdirSync(join(dir, "uploads"), { recursive: true });
  }

  /** Key of a repository: names are unique within an account and region. */
  static key(account: string, region: string, name: string): string {
    return `${account}/${region}/${name}`;
  }

  repository(key: string): Repository {
    let repository = this.#repositories.get(key);
    if (!repository) {
      repository = { images: new Map(), blobs: new Set() };
      this.#repositories.set(key, repository);
    }
    return repository;
  }

  deleteRepository(key: string): void {
    this.#repositories.delete(key);
  }

  clear(): void {
    this.#repositories.clear();
    this.#uploads.clear();
  }

  blobFile(digest: string): string {
    return join(this.#dir, "blobs", digest.replace(/[^\w]/g, "-"));
  }

  blobSize(digest: string): number | undefined {
    return existsSync(this.blobFile(digest)) ? statSync(this.blobFile(digest)).size : undefined;
  }

  readBlob(digest: string): Promise<Buffer> {
    return readFile(this.blobFile(digest));
  }

  async beginUpload(): Promise<string> {
    const id = randomUUID();
    const file = join(this.#dir, "uploads", id);
    await writeFile(file, "");
    this.#uploads.set(id, { file, received: 0 });
    return id;
  }

  upload(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  async append(upload: Upload, part: Uint8Array): Promise<void> {
    await appendFile(upload.file, part);
    upload.received += part.length;
  }

  async uploadDigest(upload: Upload): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(upload.file), hash);
    return `sha256:${hash.digest("hex")}`;
  }

  /** Moves a finished upload among the blobs. */
  keep(id: string, digest: string): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    renameSync(upload.file, this.blobFile(digest));
    this.#uploads.delete(id);
  }

  discard(id: string): void {
    const upload = this.#uploads.get(id);
    if (upload) rmSync(upload.file, { force: true });
    this.#uploads.delete(id);
  }
}
