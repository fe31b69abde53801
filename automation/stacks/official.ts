import { spawn } from "node:child_process";
import { delimiter, dirname, isAbsolute } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";

interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** How the Automation API calls an engine. */
export type Run = (
  args: string[],
  cwd: string,
  env: Record<string, string>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<CommandResult>;

/**
 * The official CLI, each run of it in a process group of its own. A terminal's Ctrl-C goes to every process of a group:
 * the CLI would see it twice, once from there and once from this process, and take that for a wish to stop without
 * writing down what it did. When this process ends at once, so does the CLI.
 */
export function inOwnGroup(found: PulumiCommand): PulumiCommand {
  const run: Run = async (args, cwd, additional, onOutput, onError, signal) => {
    const { createCommandError, CommandResult } = await sdk();
    const all = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
    // As the Automation API itself calls it: with the plugins that came with the CLI found first.
    const path = [
      ...(isAbsolute(found.command) ? [dirname(found.command)] : []),
      additional["PATH"] ?? process.env["PATH"],
    ];
    const env = { ...process.env, ...additional, PATH: path.join(delimiter), PULUMI_AUTOMATION_API: "true" };
    const child = spawn(found.command, all, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr] = [collect(child.stdout, onOutput), collect(child.stderr, onError)];
    const kill = (name: NodeJS.Signals) => () => {
      try {
        if (child.pid !== undefined) process.kill(name === "SIGKILL" ? -child.pid : child.pid, name);
      } catch {
        // It has ended.
      }
    };
    const [cancel, end] = [kill("SIGINT"), kill("SIGKILL")];
    process.on("exit", end);
    signal?.addEventListener("abort", cancel);
    try {
      if (signal?.aborted) cancel();
      const { code, why } = await new Promise<{ code: number | null; why: string }>((resolve) => {
        child.once("error", (error) => resolve({ code: null, why: error.message }));
        child.once("close", (exit, by) => resolve({ code: exit, why: by === null ? "" : `it was ended by ${by}` }));
      });
      if (code === 0) return new CommandResult(stdout(), stderr(), code);
      throw createCommandError(new CommandResult(stdout(), [stderr(), why].join("\n").trim(), code ?? -2));
    } finally {
      process.off("exit", end);
      signal?.removeEventListener("abort", cancel);
    }
  };
  return { command: found.command, version: found.version, run } as unknown as PulumiCommand;
}

/** A command of the CLI that the Automation API has no function for. @throws Error with what the CLI says. */
export async function runCli(cli: PulumiCommand, args: readonly string[], where: { cwd: string; env: object }) {
  const { run } = cli as unknown as { run: Run };
  return run([...args], where.cwd, { ...where.env });
}

function collect(stream: NodeJS.ReadableStream, on?: (text: string) => void): () => string {
  let all = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    all += text;
    on?.(text);
  });
  return () => all.replace(/\n$/, "");
}

/** What the Automation API gives its callers for a command's end: exported, and left out of its type declarations. */
async function sdk() {
  const [command, errors] = await Promise.all([
    import("@pulumi/pulumi/automation/cmd.js"),
    import("@pulumi/pulumi/automation/errors.js"),
  ]);
  const { CommandResult } = command.default as unknown as {
    CommandResult: new (stdout: string, stderr: string, code: number) => CommandResult;
  };
  const { createCommandError } = errors.default as unknown as { createCommandError: (result: CommandResult) => Error };
  return { CommandResult, createCommandError };
}
