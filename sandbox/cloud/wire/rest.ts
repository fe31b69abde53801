/** REST operations as a server sees them: path templates and HTTP bindings of the SDK's schemas. */
import { NormalizedSchema } from "@smithy/core/schema";
import type { ClientProtocol } from "@smithy/types";
import type { Operation } from "../services.ts";

/** What is needed of an HTTP request to read a REST operation. */
export interface RestRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** The path labels when the request is this operation, else undefined. A template may end in query literals (`/a?b=c`). */
export function matchRest(
  http: readonly [string, string, number],
  method: string,
  url: URL,
): Record<string, string> | undefined {
  const [wantedMethod, template] = http;
  if (wantedMethod !== method) return undefined;
  const [path = "", literals] = template.split("?");
  for (const [key, value] of new URLSearchParams(literals)) {
    if (!url.searchParams.has(key) || (value && url.searchParams.get(key) !== value)) return undefined;
  }
  const names: string[] = [];
  const pattern = path.replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
    names.push(name);
    return greedy ? "(.+)" : "([^/]+)";
  });
  const match = new RegExp(`^${pattern}/?$`).exec(url.pathname);
  if (!match) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]));
}

/** Decodes labels, query, headers and body into the operation's typed input. */
export async function decodeRest(
  operation: Operation,
  labels: Record<string, string>,
  request: RestRequest,
  codec: ClientProtocol<unknown, unknown>,
): Promise<Record<string, unknown>> {
  const schema = NormalizedSchema.of(operation.input);
  const fromBody: string[] = [];
  const input: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpLabel) input[name] = scalar(member, labels[name]);
    else if (traits.httpQuery) input[name] = fromQuery(member, request.url.searchParams, traits.httpQuery);
    else if (traits.httpHeader) input[name] = scalar(member, header(request, traits.httpHeader));
    else if (traits.httpPayload) input[name] = request.body.length > 0 ? request.body : undefined;
    else fromBody.push(name);
  }
  if (fromBody.length > 0 && request.body.length > 0) {
    const body = await codec.getPayloadCodec().createDeserializer().read(operation.input, request.body);
    for (const name of fromBody) input[name] = body[name];
  }
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined && value !== null));
}

function header(request: RestRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(",") : value;
}

function fromQuery(member: NormalizedSchema, query: URLSearchParams, name: string): unknown {
  if (member.isListSchema()) return query.has(name) ? query.getAll(name) : undefined;
  return scalar(member, query.get(name) ?? undefined);
}

function scalar(member: NormalizedSchema, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (member.isNumericSchema()) return Number(text);
  if (member.isBooleanSchema()) return text === "true";
  if (member.isTimestampSchema()) return new Date(text);
  return text;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** Renders an operation's output with its HTTP bindings. */
export function encodeRest(operation: Operation, output: object, codec: ClientProtocol<unknown, unknown>): RestAnswer {
  const schema = NormalizedSchema.of(operation.output);
  const values = output as Record<string, unknown>;
  const inBody: Record<string, unknown> = {};
  const headers: Record<string, string> = {};
  let status = operation.http?.[2] ?? 200;
  let payload: string | Uint8Array | undefined;
  if (schema.isStructSchema()) {
    for (const [name, member] of schema.structIterator()) {
      const traits = member.getMergedTraits();
      const value = values[name];
      if (value === undefined) continue;
      if (traits.httpResponseCode) status = Number(value);
      else if (traits.httpHeader) headers[traits.httpHeader] = String(value);
      else if (traits.httpPayload) payload = value as Uint8Array;
      else inBody[name] = value;
    }
  }
  if (payload === undefined) {
    if (status === 204) return { status, headers, body: "" };
    const serializer = codec.getPayloadCodec().createSerializer();
    serializer.write(operation.output, inBody);
    payload = serializer.flush() as string | Uint8Array;
  }
  return { status, headers: { "content-type": "application/json", ...headers }, body: payload };
}
