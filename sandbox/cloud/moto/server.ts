/** moto as a child process, and raw requests to it. */
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Dispatcher, Pool } from "undici";
import { AwsError, type Processes } from "../handlers.ts";

export interface Moto {
  readonly endpoint: string;
  readonly pool: Pool;
  /** Empties every service in every account. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** A port that was free a moment ago on 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface MotoOptions {
  /** Interpreter of the virtual environment moto is installed in. */
  readonly python: string;
  readonly dir: string;
  readonly pace: number;
  readonly processes: Processes;
}

export async function startMoto(options: MotoOptions): Promise<Moto> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(await freePort(), options);
    } catch (error) {
      // Another program may have taken the port between its choice and its use.
      const log = readFileSync(join(options.dir, "moto.log"), "utf8");
      if (attempt === 3 || !log.includes("is in use by another program")) throw error;
    }
  }
}

async function startOn(port: number, options: MotoOptions): Promise<Moto> {
  const logFile = join(options.dir, "moto.log");
  const log = openSync(logFile, "a");
  const child = options.processes.spawn(
    "moto",
    options.python,
    [join(import.meta.dirname, "serve.py"), "-H", "127.0.0.1", "-p", String(port)],
    {
      stdio: ["ignore", "ignore", log],
      env: {
        PATH: process.env["PATH"],
        HOME: options.dir,
        MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
        MOTO_EC2_LOAD_DEFAULT_AMIS: "false",
        MOTO_LAMBDA_DATA_DIR: join(options.dir, "moto-lambda"),
        MOTO_ACM_VALIDATION_WAIT: String(Math.round(60 * options.pace)),
        PYTHONDONTWRITEBYTECODE: "1",
      },
    },
  );
  closeSync(log);
  const endpoint = `http://127.0.0.1:${port}`;
  const pool = new Pool(endpoint, { connections: 64, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 });
  await ready(pool, () => child.exitCode !== null || child.signalCode !== null, logFile);
  const post = async (path: string, body?: object) => {
    const answer = await pool.request({ method: "POST", path, ...(body ? { body: JSON.stringify(body) } : {}) });
    await answer.body.dump();
  };
  const configure = () => post("/moto-api/config", { lambda: { use_docker: false }, batch: { use_docker: false } });
  await configure();
  return {
    endpoint,
    pool,
    reset: async () => {
      await post("/moto-api/reset");
      await configure();
    },
    stop: async () => {
      await pool.destroy();
      await options.processes.stop(child, 2000);
    },
  };
}

async function ready(pool: Pool, ended: () => boolean, logFile: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (ended()) throw new Error(`moto ended while starting; its output is in ${logFile}`);
    try {
      const { body } = await pool.request({ method: "GET", path: "/moto-api/data.json" });
      await body.dump();
      return;
    } catch {
      await delay(25);
    }
  }
  throw new Error(`moto did not answer within 60 s; its output is in ${logFile}`);
}

/** What moto answers, with its refusals of operations it does not have turned into a clear error nobody retries. */
export function motoLacks(
  answer: Pick<Dispatcher.ResponseData, "statusCode" | "headers">,
  service: string,
  operation: string,
): AwsError | undefined {
  // What is asked by HEAD and is not there has no body, and moto calls that HTML.
  if (answer.statusCode === 404 && operation.startsWith("Head")) return undefined;
  const html = String(answer.headers["content-type"] ?? "").startsWith("text/html");
  if (
    answer.statusCode === 501 ||
    (html && (answer.statusCode === 500 || answer.statusCode === 404 || answer.statusCode === 405))
  ) {
    return lacking(service, operation);
  }
  return undefined;
}

/** An operation, or a use of one, that neither moto nor the cloud has. */
export function lacking(service: string, operation: string): AwsError {
  return new AwsError("NotImplementedInSandbox", `the sandbox lacks ${service}:${operation}`);
}
