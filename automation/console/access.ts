/** Who may use the console: whoever was given its link, from this machine, and no page of another site on their behalf. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A secret of 256 bits, as it stands in a URL. */
export function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** Compares in a time that does not tell how much of it is right. */
export function isSame(given: string | undefined, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(right));
}

/** One cookie of a Cookie header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * True for a request to this very server by its own name: a name of another site that was made to point here (DNS
 * rebinding) is refused.
 */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** True where the browser says that a page of this server asks; what is no browser says nothing, and has the header alone. */
export function isOwnOrigin(origin: string | undefined, site: string | undefined, port: number): boolean {
  if (site !== undefined && site !== "same-origin") return false;
  return origin === `http://127.0.0.1:${port}` || origin === `http://localhost:${port}`;
}

/** What the page may load: what this server serves, and nothing else from anywhere. */
export const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};
