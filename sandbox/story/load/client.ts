import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { RequestKind } from "./mix.ts";

export interface Outcome {
  readonly kind: RequestKind;
  /** Milliseconds since the epoch at which it was sent. */
  readonly at: number;
  /** From sending to the last byte of the answer, in milliseconds. */
  readonly ms: number;
  /** The `x-version` header of the answer. */
  readonly version?: string;
  /** What went wrong, in a word or two that failures can be counted by. */
  readonly failure?: string;
}

const patienceParts = 10;
/** An idle connection is given up before the load balancer does so (after 60 s): else a request may meet its closing. */
const idleMs = 50_000;

export class LoadClient {
  private readonly url: URL;
  private readonly patienceMs: number;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: idleMs });

  /** @param patienceMs A request that is not answered for so many milliseconds has failed. */
  constructor(url: string, patienceMs = 10_000) {
    this.url = new URL(url);
    this.patienceMs = patienceMs;
  }

  /** Sends one request. Nothing is retried: what fails once would have failed a user. */
  async send(kind: RequestKind, n: number): Promise<Outcome> {
    const at = Date.now();
    const started = performance.now();
    const done = (result: { version?: string; failure?: string }): Outcome => ({
      kind,
      at,
      ms: performance.now() - started,
      ...result,
    });
    try {
      const { response, body } = await this.exchange(kind, n);
      const version = response.headers["x-version"];
      const failure = judge(kind, response, body);
      return done({
        ...(typeof version === "string" ? { version } : {}),
        ...(failure === undefined ? {} : { failure }),
      });
    } catch (error) {
      return done({ failure: classify(error) });
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(kind: RequestKind, n: number): Promise<{ response: IncomingMessage; body: string }> {
    const body = kind.body?.(n);
    return new Promise((resolve, reject) => {
      const request = httpRequest(new URL(kind.path, this.url), {
        method: kind.method,
        agent: kind.connection === "keep-alive" ? this.agent : false,
        headers:
          body === undefined ? {} : { "content-type": body.type, "content-length": Buffer.byteLength(body.text) },
      });
      // In parts: those that pass while this process itself does not get to run are one, whose answer may be there unread.
      let parts = 0;
      const timer = setInterval(() => {
        parts += 1;
        if (parts === patienceParts) request.destroy(new TimeoutError());
      }, this.patienceMs / patienceParts);
      const fail = (error: Error) => {
        clearInterval(timer);
        reject(error);
      };
      request.on("error", fail);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          clearInterval(timer);
          resolve({ response, body: Buffer.concat(chunks).toString() });
        });
      });
      request.end(body?.text);
    });
  }
}

class TimeoutError extends Error {}

function judge(kind: RequestKind, response: IncomingMessage, body: string): string | undefined {
  if (response.statusCode !== kind.expectedStatus) return `status ${response.statusCode}`;
  if (!kind.expectedBody.test(body)) return "unexpected body";
  if (response.headers["x-version"] === undefined) return "no version";
  return undefined;
}

export function classify(error: unknown): string {
  if (error instanceof TimeoutError) return "timeout";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED") return "connection refused";
  if (code === "ECONNRESET" || code === "EPIPE") return "connection reset";
  return code === "" ? "other" : code;
}
