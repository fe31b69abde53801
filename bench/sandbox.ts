import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { cloudEnvironment, loadStory, type RunningCloud, startCloud, stopCloud } from "@switchyard/sandbox";

const { makeCheckout } = await loadStory();

const root = resolve(import.meta.dirname, "..");
const entry = join(root, "automation/switchyard.mjs");
const cost = pathToFileURL(join(import.meta.dirname, "cost.mjs")).href;

/** What a release command's `--report` says, as far as benches read it. */
export interface Report {
  readonly ms: number;
  readonly steps: readonly { readonly name: string; readonly ms: number; readonly awsCalls: number }[];
  readonly awsCalls: Readonly<Record<string, number>>;
}

export interface Cost {
  /** From the start of the process to its end. */
  readonly wallMs: number;
  /** Processor time of the process, without its children's. */
  readonly cpuMs: number;
  /** From the start of the process to the first line of its output that holds the awaited text. */
  readonly untilMs?: number;
}

/** A sandbox of the benches' own, in a temporary directory. */
export class BenchSandbox {
  readonly cloud: RunningCloud;
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(dir: string, cloud: RunningCloud) {
    this.#dir = dir;
    this.cloud = cloud;
    this.#env = { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir };
  }

  static async start(): Promise<BenchSandbox> {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-bench-"));
    const cloud = await startCloud({ dir, port: 0, ownerPid: process.pid });
    const sandbox = new BenchSandbox(dir, cloud);
    // For what runs in this process: the driver's own functions and bare SDK clients.
    Object.assign(process.env, cloudEnvironment(cloud.endpoint, cloud.pace), {
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: dir,
    });
    return sandbox;
  }

  async stop(): Promise<void> {
    await stopCloud(this.#dir);
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** The environment `sandbox` with v1 live, and the images of v2 pushed. */
  async prepare(): Promise<void> {
    await this.run(["up", "pipeline"]);
    for (const version of ["v1", "v2"]) {
      const source = await makeCheckout(join(this.#dir, "checkouts"), version);
      await this.run(["images", "push", "--tag", version, "--source", source]);
    }
    await this.run(["deploy", "sandbox", "--tag", "v1", "--strategy", "all-at-once", "--keep-warm", "24h"]);
  }

  /** Runs a release command. */
  async release(args: readonly string[], until?: string): Promise<Cost & { report: Report }> {
    const file = join(this.#dir, "report.json");
    const taken = await this.run([...args, "--report", file], until);
    return { ...taken, report: JSON.parse(await readFile(file, "utf8")) as Report };
  }

  /** Runs a command that must succeed, in a process of its own. */
  async run(args: readonly string[], until?: string): Promise<Cost> {
    const started = performance.now();
    const child = spawn(process.execPath, ["--import", cost, entry, ...args], {
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    let output = "";
    let untilMs: number | undefined;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (until !== undefined && output.includes(until)) untilMs ??= performance.now() - started;
      });
    const spent = text(child.stdio[3] as NodeJS.ReadableStream);
    const [code] = (await once(child, "close")) as [number | null];
    const wallMs = performance.now() - started;
    if (code !== 0) throw new Error(`switchyard ${args.join(" ")} ended with code ${code}:\n${output}`);
    const { cpuMs } = JSON.parse(await spent) as { cpuMs: number };
    return { wallMs, cpuMs, ...(untilMs !== undefined && { untilMs }) };
  }
}
