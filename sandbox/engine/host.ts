import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { EngineError } from "./errors.ts";

/** A Node process of the Pulumi SDK that serves a protocol on a port it prints first. */
export interface HostProcess {
  readonly port: number;
  stop(): Promise<void>;
}

const startTimeout = 60_000;

/** Starts a module of the `@pulumi/pulumi` that `directory` uses, and waits for the port it prints. */
export async function startHost(options: {
  module: string;
  args: readonly string[];
  directory: string;
  env: Record<string, string | undefined>;
  what: string;
}): Promise<HostProcess> {
  const { module, args, directory, env, what } = options;
  const child = spawn(process.execPath, [resolveModule(directory, module), ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let errors = "";
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill("SIGKILL");
      const details = `${why}: ${(errors || output).trim()}`;
      reject(new EngineError("program-failed", { where: what, what: details, fix: "Correct it" }));
    };
    const timer = setTimeout(() => fail(`said nothing for ${startTimeout / 1000} s`), startTimeout);
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
      const match = /^\s*(\d+)\s*$/m.exec(output);
      if (!match || !output.includes("\n")) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(timer);
      fail(`ended with exit code ${code}`);
    });
  });
  return {
    port,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export function resolveModule(directory: string, module: string): string {
  for (const from of [join(directory, "package.json"), import.meta.filename]) {
    try {
      return createRequire(from).resolve(module);
    } catch {}
  }
  const fix = "Install the dependencies";
  throw new EngineError("program-failed", { where: directory, what: `${module} is not installed`, fix });
}
