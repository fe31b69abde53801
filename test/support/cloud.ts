/**
 * A sandbox cloud for tests: one for the whole mocha process, started by the first suite that asks and stopped at the
 * end. Suites share it, so each names its resources uniquely (`unique()`), or empties it (`cloud.reset()`).
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, type FaultHit, type RunningCloud, resetCloud, startCloud, stopCloud } from "@switchyard/sandbox";
import { afterAllSuites } from "./after-all-suites.ts";
import { patience } from "./patience.ts";

/** Pace of the tests' cloud: a 30 s wait of AWS takes 0.15 s. */
export const testPace = 0.005;

export interface TestCloud {
  /** `http://127.0.0.1:<port>`; known once the suite's `before` hooks run. */
  readonly endpoint: string;
  readonly dir: string;
  readonly pace: number;
  /** Variables that point SDKs, processes and Switchyard at the cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** Configuration for any AWS SDK client: `new ECSClient(cloud.sdk())`. */
  sdk(): {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** Calls answered so far, by `service:operation`. */
  calls(): Promise<Record<string, number>>;
  status(): Promise<Record<string, unknown>>;
  fault(...faults: Fault[]): Promise<void>;
  /** The active faults and the calls each has hit. */
  faults(): Promise<readonly (Fault & { hits: readonly FaultHit[] })[]>;
  clearFaults(): Promise<void>;
  reset(): Promise<void>;
}

let running: Promise<RunningCloud> | undefined;
let started: RunningCloud | undefined;

function start(): Promise<RunningCloud> {
  running ??= (async () => {
    const dir = mkdtempSync(join(tmpdir(), "switchyard-test-"));
    started = await startCloud({ dir, port: 0, pace: testPace, ownerPid: process.pid });
    return started;
  })();
  return running;
}

/** Stops the shared cloud; registered by `useCloud` as a hook that runs after every suite of the process. */
async function stop(): Promise<void> {
  const cloud = started;
  running = undefined;
  started = undefined;
  if (!cloud) return;
  await stopCloud(cloud.dir);
  rmSync(cloud.dir, { recursive: true, force: true });
}

/** Call at the top of a `describe`; its members may be read in hooks and tests, not while suites are being defined. */
export function useCloud(): TestCloud {
  before("start the sandbox cloud", async function () {
    this.timeout(90_000);
    await start();
    afterAllSuites(this, "stop the sandbox cloud", stop);
  });
  const cloud = (): RunningCloud => {
    if (!started)
      throw new Error("The sandbox cloud is not up: read it in hooks or tests of a suite that calls useCloud()");
    return started;
  };
  const post = async (path: string, method: string, body?: unknown): Promise<void> => {
    const answer = await fetch(`${cloud().endpoint}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  const status = async () =>
    (await (await fetch(`${cloud().endpoint}/_switchyard/status`)).json()) as Record<string, unknown>;
  return {
    get endpoint() {
      return cloud().endpoint;
    },
    get dir() {
      return cloud().dir;
    },
    get env() {
      return cloud().env;
    },
    pace: testPace,
    sdk: () => ({
      endpoint: cloud().endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
      maxAttempts: 1,
    }),
    status,
    calls: async () => (await status())["calls"] as Record<string, number>,
    fault: (...faults) => post("/_switchyard/faults", "POST", faults),
    faults: async () =>
      (await (await fetch(`${cloud().endpoint}/_switchyard/faults?bodies`)).json()) as (Fault & { hits: FaultHit[] })[],
    clearFaults: () => post("/_switchyard/faults", "DELETE"),
    reset: () => resetCloud(cloud().dir),
  };
}

/** A name no other test uses, e.g. `unique("repo")` = `repo-3f9a1c`. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

/** Waits until `check` answers something truthy, trying again every few milliseconds; fails after the deadline, on a busy machine later. */
export async function eventually<T>(
  check: () => Promise<T | undefined> | T | undefined,
  deadlineMs = 10_000,
): Promise<T> {
  const end = Date.now() + deadlineMs * patience;
  // What takes long is asked for less and less often: thousands of looks would slow down what is looked at.
  for (let pause = 10; ; pause = Math.min(60, pause * 1.2)) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Not within ${deadlineMs * patience} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
