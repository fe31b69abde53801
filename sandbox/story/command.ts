import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

export const projectRoot = resolve(import.meta.dirname, "../..");

export interface CommandOptions {
  /** The checkout whose driver it is; default this one. */
  readonly root?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Receives the command's output as it comes. */
  readonly write: (text: string) => void;
  /** Ends the command: as Ctrl-C does first, and for good after a while. */
  readonly signal: AbortSignal;
}

export interface CommandResult {
  readonly exitCode: number;
  /** Standard output and error, in the order they came. */
  readonly output: string;
}

/** How long an interrupted command may take to put things right, in milliseconds. */
const graceMs = 8_000;

/** Runs a command of the driver in a process of its own. */
export async function runDriver(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const { root = projectRoot } = options;
  const child = spawn(process.execPath, [join(root, "automation/switchyard.mjs"), ...args], {
    cwd: root,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      options.write(text);
    });
  }
  const interrupt = () => endChild(child);
  options.signal.addEventListener("abort", interrupt, { once: true });
  const [code] = await once(child, "close");
  options.signal.removeEventListener("abort", interrupt);
  options.signal.throwIfAborted();
  return { exitCode: code ?? 1, output };
}

/** Asks a process to end, and makes it end when it does not. */
export function endChild(child: ChildProcess): void {
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  child.once("close", () => clearTimeout(timer));
}
