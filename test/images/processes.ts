import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { bundleImages } from "../../images/build.ts";

const images = join(import.meta.dirname, "../../images");

export interface Exit {
  readonly code: number | null;
  readonly output: string;
}

/** An image's program as it runs in the container: its bundle, with nothing in the environment but what is named. */
export interface ImageProcess {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  output(): string;
}

const bundled = new Map<string | undefined, Promise<void>>();

/** Bundles images once for the whole test run: those that are named, or all. */
export async function bundleOnce(...names: readonly string[]): Promise<void> {
  await Promise.all((names.length > 0 ? names : [undefined]).map(bundling));
}

function bundling(name: string | undefined): Promise<void> {
  const begun = bundled.get(name) ?? bundleImages(undefined, name === undefined ? undefined : [name]);
  bundled.set(name, begun);
  return begun;
}

export function startImage(
  name: string,
  env: Record<string, string>,
  args: readonly string[] = [],
  directory: string = images,
): ImageProcess {
  const child = spawn(process.execPath, [`${name}.mjs`, ...args], { cwd: join(directory, name, "dist"), env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const exit = new Promise<Exit>((resolve) => child.once("close", (code) => resolve({ code, output })));
  return { child, exit, output: () => output };
}

/** The address a program logs once it listens. */
export async function listening(image: ImageProcess): Promise<string> {
  const port = await until(() => /"message":"listening".*"port":(\d+)/.exec(image.output())?.[1], image.output);
  return `http://127.0.0.1:${port}`;
}

/** Waits until `probe` gives something, and fails with `explain`'s text after ten seconds. */
export async function until<T>(probe: () => T | undefined | Promise<T | undefined>, explain: () => string): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`it did not happen within 10 s: ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface TestServer {
  readonly host: string;
  close(): Promise<void>;
}

export async function listen(handler: RequestListener): Promise<TestServer> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  return JSON.parse(await text(request));
}
