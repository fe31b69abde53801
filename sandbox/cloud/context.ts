/** What the parts of the cloud share, and the hooks they register. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { pacedClock } from "./clock.ts";
import type { CloudContext, Processes, UnpackedImage } from "./handlers.ts";
import type { Registry } from "./registry.ts";

export const account = "123456789012";
export const region = "us-east-1";

export interface Cloud {
  readonly context: CloudContext;
  status(): Record<string, unknown>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export interface CloudParts {
  readonly dir: string;
  readonly pace: number;
  readonly endpoint: string;
  readonly wellKnownPorts: boolean;
  readonly registry: Registry;
  readonly processes: Processes;
  unpackImage(reference: string): Promise<UnpackedImage>;
  databaseAuthority(): Promise<string>;
}

export function createCloud(parts: CloudParts): Cloud {
  const { registry, ...rest } = parts;
  const readers = new Map<string, () => unknown>();
  const resets: (() => Promise<void> | void)[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  const logFile = join(parts.dir, "cloud.log");
  const log = (line: string) => {
    try {
      appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
    } catch {
      // A full disk must not stop the cloud from stopping what it started.
    }
  };
  const attempt = async (what: string, run: () => Promise<void> | void) => {
    try {
      await run();
    } catch (error) {
      log(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  };
  const context: CloudContext = {
    ...rest,
    account,
    region,
    clock: pacedClock(parts.pace),
    handle: registry.handle,
    route: registry.route,
    moto: (client) => registry.motoClient(client, "sandbox", region),
    inAccount: async (other) => {
      const key = other === account ? "sandbox" : await registry.keyOf(other);
      return { moto: (client) => registry.motoClient(client, key, region) };
    },
    at: (arn) => {
      const there = arn?.split(":")[3] || region;
      return { ...context, region: there, moto: (client) => registry.motoClient(client, "sandbox", there) };
    },
    status: (name, read) => void readers.set(name, read),
    onReset: (run) => void resets.push(run),
    onStop: (run) => void stops.unshift(run),
    log,
  };
  return {
    context,
    status: () => Object.fromEntries([...readers].map(([name, read]) => [name, read()])),
    reset: async () => {
      for (const run of resets) await attempt("reset", run);
      registry.reset();
    },
    stop: async () => {
      for (const run of stops) await attempt("stop", run);
      registry.close();
    },
  };
}
