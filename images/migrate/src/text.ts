import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";

/** A file's text, and what keeps it from being run. */
export interface SqlText {
  readonly text: string;
  /** Where it is no text, as a byte counted from 0. */
  readonly problem?: string;
}

/**
 * A file's text: UTF-8, its byte order mark taken off, every line end a line feed, so that a checkout's line ends change
 * neither the checksum nor what the database is told. Bytes that are no text are told, and read as U+FFFD.
 */
export function decodeSql(bytes: Uint8Array): SqlText {
  const problem = problemOf(bytes);
  return { text: normalise(new TextDecoder().decode(bytes)), ...(problem !== undefined && { problem }) };
}

function problemOf(bytes: Uint8Array): string | undefined {
  const mark = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  if (mark === 0xfffe || mark === 0xfeff) return "it is UTF-16 (byte offset 0). Save it as UTF-8";
  const bad = isUtf8(bytes) ? -1 : firstInvalid(bytes);
  if (bad >= 0) {
    const hex = (bytes[bad] ?? 0).toString(16).toUpperCase().padStart(2, "0");
    const line = Buffer.from(bytes.subarray(0, bad))
      .toString("latin1")
      .split(/\r\n|\r|\n/).length;
    return `it is not UTF-8 at byte offset ${bad} (0x${hex}, line ${line}). Save it as UTF-8`;
  }
  const nul = bytes.indexOf(0);
  return nul < 0
    ? undefined
    : `it has a NUL at byte offset ${nul}, where PostgreSQL would stop reading. Save it as UTF-8`;
}

/** Line feeds for all line ends; no byte order mark. */
export function normalise(text: string): string {
  return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}

/** A comment that allows what a rule refuses. It does not count in the checksum: an applied file may be given one. */
export const exceptionLine = /^[ \t]*--[ \t]*lint:.*$\n?/gm;

/** SHA-256 of a normalised text, in hexadecimal. */
export function checksumOf(text: string): string {
  return sha256(text.replace(exceptionLine, ""));
}

/** What the file's checksum was before line ends and exceptions were left out of it. */
export function formerChecksums(text: string): readonly string[] {
  const bare = text.replace(exceptionLine, "");
  return [text, text.replaceAll("\n", "\r\n"), bare.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r")].map(sha256);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Where the first sequence of bytes begins that is no character. */
function firstInvalid(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const end = at + length;
    if (length === 0 || end > bytes.length || !isUtf8(bytes.subarray(at, end))) return at;
    at = end;
  }
  return -1;
}

/** Bytes of the sequence that this one leads (RFC 3629); 0 for one that leads none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}
