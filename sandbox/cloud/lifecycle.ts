/** Starting, finding, emptying and stopping a cloud in a directory. Safe to repeat, also after a killed run. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SandboxError, sandboxError } from "./errors.ts";
import type { KeptMail } from "./mail/install.ts";
import { endProcess, endRecorded, isAlive, type ProcessIdentity, parseIdentity, processStart } from "./processes.ts";
import { substituteHome } from "./rds/binaries.ts";

/** The port a user's own sandbox listens on. */
export const defaultPort = 4599;
/** How much faster than AWS the sandbox waits, unless told otherwise. */
export const defaultPace = 0.02;

const projectRoot = resolve(import.meta.dirname, "../..");

export interface StartOptions {
  /** Directory of the sandbox; default `.sandbox` in the project. */
  readonly dir?: string;
  /** 0 = any free port; default `SWITCHYARD_SANDBOX_PORT`, else 4599. */
  readonly port?: number;
  /** Default `SWITCHYARD_PACE`, else 0.02; 1 = real time. */
  readonly pace?: number;
  /** The cloud stops when this process is gone. */
  readonly ownerPid?: number;
  /** Virtual environment with moto; default `.sandbox/venv` in the project. */
  readonly venv?: string;
}

/** `<dir>/cloud.json`: written when the cloud answers, removed when it has stopped. */
export interface CloudRecord extends ProcessIdentity {
  readonly endpoint: string;
  readonly port: number;
  readonly pace: number;
  readonly startedAt: string;
  readonly owner?: ProcessIdentity;
}

export interface RunningCloud extends CloudRecord {
  readonly dir: string;
  /** True when this call found the cloud running and started none. */
  readonly reused: boolean;
  /** Variables that point AWS SDKs, the AWS CLI and Switchyard at this cloud. */
  readonly env: Record<string, string>;
}

export type CloudStatus =
  | { readonly running: false }
  | (CloudRecord & {
      readonly running: true;
      readonly calls: Record<string, number>;
      readonly [part: string]: unknown;
    });

/** Starts a cloud, or finds the one already running there. What a killed run left is ended and removed first. */
export async function startCloud(options: StartOptions = {}): Promise<RunningCloud> {
  const dir = resolve(options.dir ?? join(projectRoot, ".sandbox"));
  const release = await lock(dir);
  try {
    const running = await runningCloud(dir);
    if (running) return asRunning(dir, running, true);
    await removeLeftovers(dir);
    return asRunning(dir, await launch(dir, options), false);
  } catch (error) {
    throw sandboxError(error, dir);
  } finally {
    release();
  }
}

/** Ends a directory's cloud and every process of it. False when none was running. */
export async function stopCloud(dir = join(projectRoot, ".sandbox")): Promise<boolean> {
  const record = readRecord(dir);
  const running = record !== undefined && isAlive(record);
  if (record) await endProcess(record, 20_000);
  await removeLeftovers(dir);
  return running;
}

export async function cloudStatus(dir = join(projectRoot, ".sandbox")): Promise<CloudStatus> {
  const record = readRecord(dir);
  if (!record || !isAlive(record)) return { running: false };
  const answer = await fetch(`${record.endpoint}/_switchyard/status`, { signal: AbortSignal.timeout(10_000) });
  return { ...((await answer.json()) as { calls: Record<string, number> }), ...record, running: true };
}

/** Messages that were sent, the oldest first. */
export async function cloudMails(dir = join(projectRoot, ".sandbox")): Promise<readonly KeptMail[]> {
  const record = readRecord(dir);
  if (!record || !isAlive(record)) throw notRunning(dir);
  const answer = await fetch(`${record.endpoint}/_switchyard/mail`, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as readonly KeptMail[];
}

/** Empties a running cloud: every account, process and database. */
export async function resetCloud(dir = join(projectRoot, ".sandbox")): Promise<void> {
  const record = readRecord(dir);
  if (!record || !isAlive(record)) throw notRunning(dir);
  const options = { method: "POST", signal: AbortSignal.timeout(60_000) };
  const answer = await fetch(`${record.endpoint}/_switchyard/reset`, options);
  if (!answer.ok) throw sandboxError(new Error(`the reset was answered with HTTP ${answer.status}`), dir);
}

function notRunning(where: string): SandboxError {
  return new SandboxError({ what: "no sandbox is running", where, fix: "Start one with `switchyard sandbox start`" });
}

/** The environment in which AWS calls go to a cloud. */
export function cloudEnvironment(endpoint: string, pace: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    AWS_EC2_METADATA_DISABLED: "true",
    SWITCHYARD_PACE: String(pace),
  };
}

function asRunning(dir: string, record: CloudRecord, reused: boolean): RunningCloud {
  return { ...record, dir, reused, env: cloudEnvironment(record.endpoint, record.pace) };
}

/** The directory's live cloud. One whose owner is gone is about to end by itself: it is ended here. */
async function runningCloud(dir: string): Promise<CloudRecord | undefined> {
  const record = readRecord(dir);
  if (!record || !isAlive(record)) return undefined;
  if (!record.owner || isAlive(record.owner)) return record;
  await endProcess(record, 20_000);
  return undefined;
}

function readRecord(dir: string): CloudRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(dir, "cloud.json"), "utf8")) as CloudRecord;
    return Number.isInteger(record.pid) && typeof record.endpoint === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

async function removeLeftovers(dir: string): Promise<void> {
  // A run killed while starting has no cloud.json yet: its own process is recorded among its children.
  await endRecorded(join(dir, "cloud", "pids"));
  rmSync(join(dir, "cloud.json"), { force: true });
  rmSync(join(dir, "cloud"), { recursive: true, force: true, maxRetries: 3 });
  rmSync(substituteHome(join(dir, "cloud")), { recursive: true, force: true, maxRetries: 3 });
}

async function launch(dir: string, options: StartOptions): Promise<CloudRecord> {
  const port = options.port ?? portFrom(process.env["SWITCHYARD_SANDBOX_PORT"]) ?? defaultPort;
  const pace = options.pace ?? Number(process.env["SWITCHYARD_PACE"] ?? defaultPace);
  if (!(pace > 0)) {
    throw new SandboxError({
      what: `"${pace}" is not a pace`,
      where: "SWITCHYARD_PACE",
      fix: "Give a number above 0, e.g. 0.02",
    });
  }
  const python = join(options.venv ?? join(projectRoot, ".sandbox", "venv"), "bin", "python");
  if (!existsSync(python)) {
    const fix = "Run `node sandbox/setup/bootstrap.mjs -- true` in the project to install it";
    throw new SandboxError({ what: "moto is not installed", where: python, fix });
  }
  if (port !== 0) await requireFree(port);
  mkdirSync(join(dir, "cloud"), { recursive: true });
  const output = join(dir, "cloud", "output.log");
  const log = openSync(output, "a");
  const args = ["--dir", dir, "--port", String(port), "--pace", String(pace), "--python", python];
  if (options.ownerPid !== undefined) args.push("--owner-pid", String(options.ownerPid));
  const [cache, main] = ["compile-cache.cjs", "main.ts"].map((file) => join(import.meta.dirname, file)) as [
    string,
    string,
  ];
  const child = spawn(process.execPath, ["--require", cache, main, ...args], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: projectRoot,
  });
  closeSync(log);
  child.unref();
  return await answered(child, dir, output);
}

async function answered(child: ChildProcess, dir: string, output: string): Promise<CloudRecord> {
  const deadline = Date.now() + 90_000;
  while (Date.now() < deadline) {
    const record = readRecord(dir);
    if (record && record.pid === child.pid) return record;
    if (child.exitCode !== null || child.signalCode !== null) {
      const last = readFileSync(output, "utf8").trim().split("\n").at(-1) ?? "";
      throw (
        failureFrom(last) ??
        new SandboxError({ what: `the cloud ended while starting: ${last}`, where: dir, fix: `See ${output}` })
      );
    }
    await delay(20);
  }
  if (child.pid) await endProcess({ pid: child.pid, processStart: processStart(child.pid) ?? null }, 2000);
  throw new SandboxError({ what: "the cloud did not answer within 90 s", where: dir, fix: `See ${output}` });
}

function failureFrom(line: string): SandboxError | undefined {
  try {
    const { what, where, fix } = JSON.parse(line) as SandboxError;
    return what && where && fix ? new SandboxError({ what, where, fix }) : undefined;
  } catch {
    return undefined;
  }
}

function portFrom(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new SandboxError({
    what: `"${text}" is not a port`,
    where: "SWITCHYARD_SANDBOX_PORT",
    fix: "Give a number from 0 to 65535",
  });
}

async function requireFree(port: number): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (taken) throw await portTaken(port);
}

/** Says who has the port when it is a sandbox, so that nobody hunts for it. */
export async function portTaken(port: number): Promise<SandboxError> {
  let what = "the port is taken by another program";
  let fix = "Choose another with --port or SWITCHYARD_SANDBOX_PORT";
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/_switchyard/status`, { signal: AbortSignal.timeout(2000) });
    const { pid, dir } = (await answer.json()) as { pid: number; dir: string };
    if (pid && dir) {
      what = `the port is taken by a Switchyard sandbox in ${dir} (process ${pid})`;
      fix = `Stop it with \`SWITCHYARD_SANDBOX_DIR=${dir} switchyard sandbox stop\`, or choose another port with --port or SWITCHYARD_SANDBOX_PORT`;
    }
  } catch {
    // Not a sandbox.
  }
  return new SandboxError({ what, where: `127.0.0.1:${port}`, fix });
}

/** One start at a time in a directory. A lock whose holder is gone is taken over. */
async function lock(dir: string): Promise<() => void> {
  const file = join(dir, "cloud.lock");
  const own = `${file}.${process.pid}.${randomUUID()}`;
  const mine = JSON.stringify({ pid: process.pid, processStart: processStart(process.pid) ?? null });
  const deadline = Date.now() + 120_000;
  try {
    mkdirSync(dir, { recursive: true });
    while (Date.now() < deadline) {
      try {
        // Linked, not written: whoever sees the lock sees its holder in it.
        writeFileSync(own, mine);
        linkSync(own, file);
        return () => rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      } finally {
        rmSync(own, { force: true });
      }
      const holder = parseIdentity(readIfThere(file));
      if (!holder || !isAlive(holder)) rmSync(file, { force: true });
      else await delay(50);
    }
  } catch (error) {
    throw sandboxError(error, dir);
  }
  throw new SandboxError({
    what: "another start is under way",
    where: file,
    fix: "Wait for it, or end it, then start again",
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
