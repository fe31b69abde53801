/**
 * One execution environment: a process of the function's image that speaks the Lambda Runtime API, one invocation at a
 * time. Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
 */
import type { ChildProcess } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { readBody } from "../front.ts";
import type { Processes } from "../handlers.ts";
import type { ImageProcess } from "../images.ts";

export interface InvocationResult {
  readonly payload: Uint8Array;
  /** Set when the function failed; the payload then describes the failure. */
  readonly functionError?: "Unhandled";
}

export interface EnvironmentOptions {
  readonly name: string;
  readonly functionArn: string;
  readonly process: ImageProcess;
  readonly env: Readonly<Record<string, string>>;
  /** The function's timeout in milliseconds. */
  readonly timeoutMs: number;
  readonly processes: Processes;
  onLine(line: string): void;
}

interface Invocation {
  readonly id: string;
  readonly event: Uint8Array;
  readonly settle: (result: InvocationResult) => void;
}

// Lambda gives a container image this long to start before the function's own timeout counts (Lambda Developer Guide,
// "Understanding the Lambda execution environment lifecycle").
const initMs = 10_000;
const api = "/2018-06-01/runtime";

export class Environment {
  readonly #options: EnvironmentOptions;
  readonly #server: Server;
  #child: ChildProcess | undefined;
  #current: Invocation | undefined;
  #waiting: ServerResponse | undefined;
  #delivered = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  private constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    // The runtime waits for its next invocation as long as it takes.
    this.#server.requestTimeout = 0;
  }

  static async start(options: EnvironmentOptions): Promise<Environment> {
    const environment = new Environment(options);
    await new Promise<void>((resolve) => environment.#server.listen(0, "127.0.0.1", resolve));
    environment.#spawn();
    return environment;
  }

  /** False once the process has ended: it cannot take another invocation. */
  get usable(): boolean {
    return !this.#ended;
  }

  /** Runs one invocation; never rejects, whatever the function does. */
  invoke(id: string, event: Uint8Array): Promise<InvocationResult> {
    return new Promise((settle) => {
      this.#current = { id, event, settle };
      this.#delivered = false;
      if (this.#ended) return this.#exited();
      this.#deadline(initMs + this.#options.timeoutMs);
      if (this.#waiting) this.#deliver(this.#waiting);
    });
  }

  async stop(): Promise<void> {
    this.#ended = true;
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#child) await this.#options.processes.stop(this.#child, 300);
  }

  #spawn(): void {
    const { port } = this.#server.address() as { port: number };
    const { name, process: image, env, processes, onLine } = this.#options;
    const path = { PATH: process.env["PATH"] ?? "", ...image.env, ...env };
    const child = processes.spawn(`lambda-${name}`, image.command, image.args, {
      cwd: image.cwd,
      env: { ...path, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
    }
    // "close" comes after the last line of output, "exit" may come before it.
    child.once("close", () => {
      this.#ended = true;
      this.#exited();
      this.#server.close();
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (request.method === "GET" && path === `${api}/invocation/next`) {
      this.#waiting = response;
      if (this.#current && !this.#delivered) this.#deliver(response);
      return;
    }
    const body = await readBody(request);
    const [, id, kind] = new RegExp(`^${api}/invocation/([^/]+)/(response|error)$`).exec(path) ?? [];
    if (path === `${api}/init/error`) this.#settle({ payload: body, functionError: "Unhandled" });
    else if (!kind) return void response.writeHead(404).end();
    else if (id !== this.#current?.id) return void refuse(response, `No invocation ${id} is under way`);
    else this.#settle(kind === "response" ? { payload: body } : { payload: body, functionError: "Unhandled" });
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  }

  #deliver(response: ServerResponse): void {
    const { id, event } = this.#current as Invocation;
    const { timeoutMs, functionArn } = this.#options;
    this.#waiting = undefined;
    this.#delivered = true;
    this.#deadline(timeoutMs);
    response.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": id,
      "lambda-runtime-deadline-ms": String(Date.now() + timeoutMs),
      "lambda-runtime-invoked-function-arn": functionArn,
      "lambda-runtime-trace-id": `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${id.replace(/-/g, "").slice(0, 24)};Sampled=0`,
    });
    response.end(event);
  }

  #deadline(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const seconds = (this.#options.timeoutMs / 1000).toFixed(2);
      const errorMessage = `RequestId: ${this.#current?.id} Error: Task timed out after ${seconds} seconds`;
      this.#fail("Sandbox.Timedout", errorMessage);
      void this.stop();
    }, ms);
  }

  #exited(): void {
    if (!this.#current) return;
    const { exitCode, signalCode } = this.#child ?? { exitCode: null, signalCode: null };
    const how = signalCode ? `signal: ${signalCode}` : `exit status ${exitCode}`;
    this.#fail("Runtime.ExitError", `RequestId: ${this.#current.id} Error: Runtime exited with error: ${how}`);
  }

  #fail(errorType: string, errorMessage: string): void {
    this.#options.onLine(errorMessage);
    this.#settle({ payload: Buffer.from(JSON.stringify({ errorType, errorMessage })), functionError: "Unhandled" });
  }

  #settle(result: InvocationResult): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = undefined;
    current?.settle(result);
  }
}

function refuse(response: ServerResponse, errorMessage: string): void {
  const body = JSON.stringify({ errorMessage, errorType: "InvalidRequestID" });
  response.writeHead(400, { "content-type": "application/json" }).end(body);
}
