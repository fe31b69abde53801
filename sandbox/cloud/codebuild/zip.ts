/** Archives as `git archive --format=zip` and S3 sources of builds have them: stored or deflated, below 4 GiB. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { inflateRawSync } from "node:zlib";

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endSize = 22;

/** Puts an archive's files into a directory, with their rights and links (APPNOTE.TXT, 4.3.12 and 4.4.15). */
export function unzip(archive: Buffer, directory: string): void {
  const end = endOf(archive);
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new Error("it is no whole ZIP archive");
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const name = archive.toString("utf8", at + 46, at + 46 + (nameSize ?? 0));
    const place = resolve(directory, name);
    if (place !== directory && !place.startsWith(directory + sep))
      throw new Error(`"${name}" leads out of the archive`);
    // Unix's own, where the archive comes from there; a directory's name ends in a slash.
    const mode = archive.readUInt32LE(at + 38) >>> 16;
    if (name.endsWith("/")) mkdirSync(place, { recursive: true });
    else put(place, contentOf(archive, at), mode);
    at += 46 + (nameSize ?? 0) + (extraSize ?? 0) + (commentSize ?? 0);
  }
}

function endOf(archive: Buffer): number {
  for (let at = archive.length - endSize; at >= 0; at--) if (archive.readUInt32LE(at) === endSignature) return at;
  throw new Error("it is no ZIP archive");
}

function contentOf(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const size = archive.readUInt32LE(entry + 20);
  const header = archive.readUInt32LE(entry + 42);
  const from = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
  const bytes = archive.subarray(from, from + size);
  if (method === 0) return bytes;
  if (method === 8) return inflateRawSync(bytes);
  throw new Error(`its compression ${method} is none that the sandbox knows`);
}

function put(place: string, content: Buffer, mode: number): void {
  mkdirSync(dirname(place), { recursive: true });
  if ((mode & 0o170000) === 0o120000) symlinkSync(content.toString(), place);
  else writeFileSync(place, content);
  if ((mode & 0o170000) !== 0o120000 && (mode & 0o111) !== 0) chmodSync(place, 0o755);
}
