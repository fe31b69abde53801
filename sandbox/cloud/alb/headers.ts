/** Headers on their way through the load balancer ("HTTP headers and Application Load Balancers"). */
import { randomUUID } from "node:crypto";

/** RFC 9110 section 7.6.1, and what only concerns one connection. */
const hopByHop = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const rewritten = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id"]);

export interface Hop {
  readonly clientIp: string;
  readonly protocol: "http" | "https";
  /** The listener's port as AWS knows it. */
  readonly port: number;
}

function traceRoot(now: number): string {
  return `1-${Math.floor(now / 1000)
    .toString(16)
    .padStart(8, "0")}-${randomUUID().replaceAll("-", "").slice(8)}`;
}

/** A trace id is passed on; without a root one is made, and an existing root gets this hop's `Self`. */
export function traceId(received: string | undefined, now: number): string {
  if (received === undefined) return `Root=${traceRoot(now)}`;
  return received.includes("Root=") ? `Self=${traceRoot(now)};${received}` : `${received};Root=${traceRoot(now)}`;
}

function named(connection: string | string[] | undefined): ReadonlySet<string> {
  const value = Array.isArray(connection) ? connection.join(",") : (connection ?? "");
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}

/** The request's headers for the target, as a flat list of names and values. */
export function forwardedHeaders(
  raw: readonly string[],
  received: Readonly<Record<string, string | string[] | undefined>>,
  hop: Hop,
  now: number,
): string[] {
  const connection = received["connection"];
  const dropped = connection === undefined || connection === "keep-alive" ? undefined : named(connection);
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? "";
    const key = name.toLowerCase();
    if (hopByHop.has(key) || rewritten.has(key) || dropped?.has(key)) continue;
    headers.push(name, raw[i + 1] ?? "");
  }
  const before = received["x-forwarded-for"];
  const trace = received["x-amzn-trace-id"];
  headers.push(
    "X-Forwarded-For",
    before === undefined ? hop.clientIp : `${before}, ${hop.clientIp}`,
    "X-Forwarded-Proto",
    hop.protocol,
    "X-Forwarded-Port",
    String(hop.port),
    "X-Amzn-Trace-Id",
    traceId(Array.isArray(trace) ? trace[0] : trace, now),
  );
  return headers;
}

/** Attributes of a listener that are headers of its answers ("HTTP header modification"), and their names. */
const givenNames: Readonly<Record<string, string>> = {
  "routing.http.response.strict_transport_security.header_value": "strict-transport-security",
};

/** The headers that a listener's attributes ask for. */
export function givenHeaders(
  attributes: Readonly<Record<string, string | undefined>>,
): [name: string, value: string][] {
  return Object.entries(givenNames).flatMap(([attribute, name]) => {
    const value = attributes[attribute];
    return value ? [[name, value]] : [];
  });
}

/** The target's response headers for the client. */
export function returnedHeaders(
  received: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const dropped = named(received["connection"]);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined && !hopByHop.has(name) && !dropped.has(name)) headers[name] = value;
  }
  return headers;
}
