/**
 * Load from a process of its own: so many connections, each sending its next request as soon as the last is answered.
 * Run by `startLoad`; told to stop over IPC, it answers what it saw.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { quantile } from "./measure.ts";

export interface LoadSeen {
  readonly requests: number;
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers by version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Versions that answered, in order, each change counted: two of them are one clean switch. */
  readonly changes: number;
}

/** Starts the load and waits until it is answered. */
export async function startLoad(url: string, connections: number): Promise<{ stop(): Promise<LoadSeen> }> {
  const child: ChildProcess = fork(import.meta.filename, [url, String(connections)]);
  await once(child, "message");
  return {
    stop: async () => {
      const [closed, answered] = [once(child, "close"), once(child, "message")];
      child.send("stop");
      const [seen] = (await answered) as [LoadSeen];
      await closed;
      return seen;
    },
  };
}

/** Quicker answers than this are rarer than the clock can tell apart; kept as numbers of 4 bytes. */
const mostSamples = 4_000_000;

async function work(url: string, connections: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times = new Float32Array(mostSamples);
  const versions: Record<string, number> = {};
  let requests = 0;
  let failed = 0;
  let changes = 0;
  let last: string | undefined;
  let stopping = false;
  const one = () =>
    new Promise<void>((resolve) => {
      const began = performance.now();
      const failure = () => {
        failed += 1;
        resolve();
      };
      const sent = request(url, { agent }, (response) => {
        response.resume();
        response.once("error", failure);
        response.once("end", () => {
          const version = String(response.headers["x-version"] ?? response.statusCode);
          if ((response.statusCode ?? 0) >= 400) failed += 1;
          versions[version] = (versions[version] ?? 0) + 1;
          if (last !== version) changes += 1;
          last = version;
          times[requests % mostSamples] = performance.now() - began;
          requests += 1;
          resolve();
        });
      });
      sent.once("error", failure);
      sent.end();
    });
  const started = performance.now();
  const loop = async () => {
    while (!stopping) await one();
  };
  const loops = Array.from({ length: connections }, loop);
  while (requests === 0 && failed === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  process.send?.("answered");
  await once(process, "message");
  stopping = true;
  await Promise.all(loops);
  const seconds = (performance.now() - started) / 1000;
  const taken = [...times.subarray(0, Math.min(requests, mostSamples))];
  const seen: LoadSeen = {
    requests: requests + failed,
    failed,
    seconds,
    p50Ms: quantile(taken, 0.5),
    p99Ms: quantile(taken, 0.99),
    versions,
    changes,
  };
  agent.destroy();
  process.send?.(seen, () => process.disconnect());
}

const [url, connections] = process.argv.slice(2);
if (process.send && url !== undefined && import.meta.main) await work(url, Number(connections));
