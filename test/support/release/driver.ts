import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const cli = join(import.meta.dirname, "../../../automation/switchyard.mjs");

/** A command of the driver in a process of its own. */
export class Driver {
  readonly command: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #started = performance.now();
  #output = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.command = `switchyard ${args.join(" ")}`;
    this.#child = spawn(process.execPath, [cli, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#closed = once(this.#child, "close");
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
  }

  /** Standard output and error so far. */
  get output(): string {
    return this.#output;
  }

  /** Seconds since it was started. */
  get age(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until the output holds a text. @throws AssertionError when the command ends without it. */
  async shows(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      assert.ok(this.running && this.#child.stdout, `${this.command} ended without "${text}":\n${this.#output}`);
      await Promise.race([once(this.#child.stdout, "data"), this.#closed]);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** SIGKILL: the process gets no chance to put anything right. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  async exitCode(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async succeeds(): Promise<void> {
    assert.equal(await this.exitCode(), 0, `${this.command}\n${this.#output}`);
  }
}
