import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { otherExitCodes } from "../../../programs/error-catalogue.ts";

const cli = join(import.meta.dirname, "../../../automation/switchyard.mjs");

/** Variable by which a driver's processes, and those they start, are known. */
export const mark = "SWITCHYARD_TEST_DRIVER_OF";

/** Ids of the drivers of a sandbox and of the processes they started that still run; Linux tells them by their environment. */
export async function processesOf(dir: string): Promise<readonly number[]> {
  const ids = (await readdir("/proc")).map(Number).filter((id) => id > 0);
  const texts = ids.map((id) => readFile(`/proc/${id}/environ`, "utf8").catch(() => ""));
  const environments = await Promise.all(texts);
  return ids.filter((_, i) => environments[i]?.includes(`${mark}=${dir}\0`));
}

/** A command of the driver in a process of its own. */
export class Driver {
  readonly command: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #started = performance.now();
  #output = "";

  /**
   * @param under A command that runs it, such as a shell.
   * @param program The driver of another checkout.
   */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, under: readonly string[] = [], program = cli) {
    this.command = `switchyard ${args.join(" ")}`;
    const [command = "", ...rest] = [...under, process.execPath, program, ...args];
    this.#child = spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#closed = once(this.#child, "close").then(() =>
      // Also of a command nobody asks how it ended: then mocha fails for the rejection.
      assert.notEqual(
        this.#child.exitCode,
        otherExitCodes.internal.exitCode,
        `${this.command} failed by its own fault\n${this.#output}`,
      ),
    );
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

  /** A second Ctrl-C, as a person gives it: later than one press may arrive twice. */
  async interruptAgain(): Promise<void> {
    await delay(400);
    this.signal("SIGINT");
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

  /** How it ended, and what it said until then. */
  async ended(): Promise<{ readonly code: number | null; readonly output: string }> {
    return { code: await this.exitCode(), output: this.#output };
  }

  /** What it said. @throws AssertionError when it ended with another exit code than 0. */
  async succeeds(): Promise<string> {
    const { code, output } = await this.ended();
    assert.equal(code, 0, `${this.command}\n${output}`);
    return output;
  }
}
