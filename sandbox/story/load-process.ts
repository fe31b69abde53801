import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SandboxError } from "../cloud/errors.ts";
import type { LoadResult, Recorder } from "./load/recorder.ts";

/** The load while it runs, in a process of its own. */
export class LoadProcess {
  private readonly child: ChildProcess;
  private readonly out: string;
  private readonly exited: Promise<unknown>;
  private latest: Recorder["progress"] = { requests: 0, failed: 0, versions: {} };

  constructor(options: { url: string; out: string; rate: number }) {
    this.out = options.out;
    const args = ["--url", options.url, "--out", options.out, "--rate", String(options.rate)];
    this.child = fork(join(import.meta.dirname, "load/main.ts"), args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.child.on("message", (progress) => {
      this.latest = progress as Recorder["progress"];
    });
    this.exited = once(this.child, "exit");
  }

  /** The counts as of the last second. */
  get progress(): Recorder["progress"] {
    return this.latest;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until this many requests were answered, at most for `deadlineMs`. */
  async reach(requests: number, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    while (this.running && this.latest.requests < requests && !deadline.aborted) {
      await once(this.child, "message", { signal: deadline }).catch(() => {});
    }
  }

  /** Ends the load, waits for what is in flight, and reads the result. */
  async stop(): Promise<LoadResult> {
    if (this.running) this.child.kill("SIGTERM");
    await this.exited;
    try {
      return JSON.parse(await readFile(this.out, "utf8"));
    } catch (cause) {
      throw new SandboxError({
        what: `the load ended (exit code ${this.child.exitCode}) and left no result`,
        where: this.out,
        fix: "Its own output is above",
        cause,
      });
    }
  }

  kill(): void {
    if (this.running) this.child.kill("SIGKILL");
  }
}
