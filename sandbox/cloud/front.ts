/** The one endpoint: recognises each AWS call, answers those with a handler, and passes the rest to moto unread. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { Access } from "./access/access.ts";
import type { Faults, Strike } from "./faults.ts";
import { AwsError } from "./handlers.ts";
import { limitsOf, membersOf, overLimit } from "./limits/table.ts";
import { type Moto, motoLacks } from "./moto/server.ts";
import type { Registry } from "./registry.ts";
import { asAwsError, encodeError, type WireAnswer } from "./wire/answer.ts";
import { credentialScope, needsBody, type RecognisedCall, recogniseCall } from "./wire/call.ts";

export interface Front {
  readonly listener: RequestListener;
  readonly counts: ReadonlyMap<string, number>;
  clearCounts(): void;
}

type Outcome = { answer: WireAnswer } | { upstream: Dispatcher.ResponseData };

export function createFront(options: {
  moto: Moto;
  registry: Registry;
  faults: Faults;
  access: Access;
  log(line: string): void;
}): Front {
  const { moto, registry, faults, access, log } = options;
  const counts = new Map<string, number>();
  const alone = lanes();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    // Some services of AWS have paths of their registry's form; their calls are signed.
    const route = credentialScope(request.headers, url) ? undefined : registry.routeOf(url.pathname);
    if (route) {
      // A page in somebody's browser must not empty the sandbox; browsers name the page's origin.
      if (request.method !== "GET" && request.headers.origin)
        return void response.writeHead(403).end("Not from a browser\n");
      return route(request, response);
    }
    const requestId = randomUUID();
    let early = needsBody(request.headers) ? await readBody(request) : undefined;
    const form = early ? new URLSearchParams(early.toString("utf8")) : undefined;
    const call = await recogniseCall(request.method ?? "GET", url, request.headers, form);
    const key = `${call.service}:${call.operation}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);

    const session = access.sessionOf(call.accessKey);
    const limited = session !== undefined || limitsOf(call.service, call.operation).length > 0;
    if (limited || faults.wantsBody(call.service, call.operation)) early ??= await readBody(request);
    let unanswered: Strike | undefined;
    for (const fault of faults.on(call.service, call.operation, textOf(early, form))) {
      if (fault.effect === "hang-after-effect" || fault.effect === "drop-response-after-effect") {
        unanswered = fault;
        continue;
      }
      fault.struck();
      if (fault.effect === "hang") return;
      if (fault.effect === "note") continue;
      if (typeof fault.effect === "object") await delay(fault.effect.delay);
      else {
        const throttle = fault.effect === "throttle";
        const code = fault.code ?? (throttle ? "ThrottlingException" : "InternalFailure");
        const message = fault.message ?? (throttle ? "Rate exceeded" : "An injected failure");
        const error = new AwsError(code, message, fault.status ?? (throttle ? 400 : 500));
        if (!early) await readBody(request);
        return write(response, encodeError(call.protocol, error, requestId, call.operation), requestId);
      }
    }

    const outcome = await perform(request, url, call, early, form, requestId);
    if (unanswered) {
      if ("upstream" in outcome) await outcome.upstream.body.dump();
      unanswered.struck();
      if (unanswered.effect === "drop-response-after-effect") request.socket.destroy();
      return;
    }
    if ("answer" in outcome) return write(response, outcome.answer, requestId);
    await pipe(outcome.upstream, response);
  }

  async function perform(
    request: IncomingMessage,
    url: URL,
    call: RecognisedCall,
    early: Buffer | undefined,
    form: URLSearchParams | undefined,
    requestId: string,
  ): Promise<Outcome> {
    const answerer = registry.handlerOf(call.service, call.operation);
    try {
      const refused = overLimit(call, url, form, early);
      if (refused) throw refused;
      const session = access.sessionOf(call.accessKey);
      if (session) await access.check(session, call, membersOf(call, url, form, early), bodyOf(early, form));
      if (answerer) {
        const body = early ?? (await readBody(request));
        const incoming = { method: request.method ?? "GET", url, headers: request.headers, body };
        const answer = await answerer({ call, request: incoming, form, requestId });
        access.changed(call.service);
        return { answer };
      }
      const lane = laneOf(call, request);
      const body = lane && !early ? await readBody(request) : early;
      const upstream = await alone(lane, () => forward(moto, request, body));
      access.changed(call.service);
      const lacks = motoLacks(upstream, call.service, call.operation);
      if (!lacks) return { upstream };
      await upstream.body.dump();
      throw lacks;
    } catch (error) {
      const known = asAwsError(error);
      if (known.status >= 500) log(`${call.service}:${call.operation} failed: ${stackOf(error)}`);
      return { answer: encodeError(call.protocol, known, requestId, call.operation) };
    }
  }

  const listener: RequestListener = (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log(`${request.method} ${request.url}: ${stackOf(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end("The sandbox cloud failed; see cloud.log\n");
    });
  };
  return { listener, counts, clearCounts: () => counts.clear() };
}

/**
 * Writes that moto does not make atomic (threads interleave between a condition and its write) go one at a time; so does
 * IAM, where moto fails to list what another thread adds to.
 */
function laneOf(call: RecognisedCall, request: IncomingMessage): string | undefined {
  if (call.service === "dynamodb" || call.service === "iam") return call.service;
  const conditional = request.headers["if-match"] ?? request.headers["if-none-match"];
  return call.service === "s3" && request.method === "PUT" && conditional !== undefined ? "s3" : undefined;
}

function lanes(): <T>(lane: string | undefined, work: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return (lane, work) => {
    if (lane === undefined) return work();
    const run = (tails.get(lane) ?? Promise.resolve()).then(work, work);
    tails.set(lane, run);
    return run;
  };
}

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "proxy-connection",
]);

function forward(moto: Moto, request: IncomingMessage, body: Buffer | undefined): Promise<Dispatcher.ResponseData> {
  const headers: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, request.rawHeaders[index + 1] ?? "");
  }
  const method = request.method as Dispatcher.HttpMethod;
  const streamed =
    request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  return moto.pool.request({ method, path: request.url ?? "/", headers, body: body ?? (streamed ? request : null) });
}

async function pipe(upstream: Dispatcher.ResponseData, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(upstream.headers)) {
    if (value !== undefined && !hopByHop.has(name)) response.setHeader(name, value);
  }
  response.writeHead(upstream.statusCode);
  for await (const chunk of upstream.body) {
    if (response.destroyed) break;
    if (!response.write(chunk))
      await new Promise<void>((resume) => response.once("drain", resume).once("close", resume));
  }
  response.end();
}

function write(response: ServerResponse, answer: WireAnswer, requestId: string): void {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  const length = answer.status === 204 ? {} : { "content-length": body.length };
  response.writeHead(answer.status, { ...answer.headers, "x-amzn-requestid": requestId, ...length });
  response.end(answer.status === 204 ? undefined : body);
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a JSON call was sent; undefined for any other. */
function bodyOf(body: Buffer | undefined, form: URLSearchParams | undefined): unknown {
  if (form !== undefined || body === undefined || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** A body as faults see it. */
function textOf(body: Buffer | undefined, form: URLSearchParams | undefined): string | undefined {
  return form ? [...form].map(([key, value]) => `${key}=${value}`).join("\n") : body?.toString("utf8");
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
