/** Carries one request to a target and its response back, streaming both ways. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Dispatcher, errors } from "undici";
import { sendError } from "./answers.ts";
import { returnedHeaders } from "./headers.ts";
import type { InFlight, Target } from "./target.ts";

export interface ProxyResult {
  /** What the client got; 460 when it went away first, as in the load balancer's access log. */
  readonly status: number;
  readonly targetStatus?: number;
  /** Until the target's response headers. */
  readonly targetMs?: number;
}

export const clientClosed = 460;
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

function statusFor(error: Error): number {
  const timedOut =
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError;
  return timedOut ? 504 : 502;
}

/** A kept-alive connection the target closed in the moment it was chosen: nothing has been answered on it. */
function closedWhileIdle(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

export function proxy(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  headers: string[],
  cookies: readonly string[],
): Promise<ProxyResult> {
  const method = request.method ?? "GET";
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const exchange = new Exchange(request, response, target, {
    path: request.url ?? "/",
    method: method as Dispatcher.HttpMethod,
    headers,
    body: hasBody ? request : null,
  });
  exchange.cookies = cookies;
  exchange.mayRepeat = repeatable.has(method) && !hasBody;
  return exchange.run();
}

class Exchange implements Dispatcher.DispatchHandler, InFlight {
  readonly kind = "request";
  cookies: readonly string[] = [];
  mayRepeat = false;
  #request: IncomingMessage;
  #response: ServerResponse;
  #target: Target;
  #options: Dispatcher.DispatchOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #clientGone = false;
  #startedAt = 0;
  #targetStatus: number | undefined;
  #targetMs: number | undefined;
  #resolve: (result: ProxyResult) => void = () => {};

  constructor(request: IncomingMessage, response: ServerResponse, target: Target, options: Dispatcher.DispatchOptions) {
    this.#request = request;
    this.#response = response;
    this.#target = target;
    this.#options = options;
  }

  run(): Promise<ProxyResult> {
    this.#target.inFlight.add(this);
    this.#response.on("close", () => {
      if (this.#response.writableFinished) return;
      this.#clientGone = true;
      this.#controller?.abort(new Error("the client closed the connection"));
    });
    this.#response.on("drain", () => this.#controller?.resume());
    return new Promise<ProxyResult>((resolve) => {
      this.#resolve = resolve;
      if (!this.#target.blocked) return this.#dispatch();
      setTimeout(() => this.#fail(new errors.ConnectTimeoutError()), this.#target.connectTimeoutMs).unref();
    });
  }

  #dispatch(): void {
    this.#startedAt = performance.now();
    try {
      this.#target.pool.dispatch(this.#options, this);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  cut(): void {
    this.#controller?.abort(new Error("the target's deregistration delay is over"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#clientGone) controller.abort(new Error("the client closed the connection"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    received: Record<string, string | string[] | undefined>,
    message?: string,
  ): void {
    if (status < 200) return;
    this.#targetStatus = status;
    this.#targetMs = performance.now() - this.#startedAt;
    const headers = returnedHeaders(received);
    // What the listener gives stands in place of the target's own.
    for (const given of this.#response.getHeaderNames()) delete headers[given];
    if (this.cookies.length > 0) headers["set-cookie"] = [...[headers["set-cookie"] ?? []].flat(), ...this.cookies];
    this.#response.writeHead(status, message ?? "", headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#response.end();
    this.#finish(this.#targetStatus ?? 502);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.mayRepeat && !this.#clientGone && !this.#response.headersSent && closedWhileIdle(error)) {
      this.mayRepeat = false;
      this.#dispatch();
      return;
    }
    const status = this.#clientGone ? clientClosed : statusFor(error);
    if (this.#response.headersSent) {
      // The client must see that the body is incomplete.
      this.#response.destroy();
    } else if (!this.#clientGone) {
      sendError(this.#response, status);
      // What the client still sends has nowhere to go.
      this.#request.resume();
    }
    this.#finish(status);
  }

  #finish(status: number): void {
    this.#target.inFlight.delete(this);
    this.#resolve({ status, targetStatus: this.#targetStatus, targetMs: this.#targetMs });
  }
}
