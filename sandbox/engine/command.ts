import { resolve } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/cmd.js";
import sdkCommand from "@pulumi/pulumi/automation/cmd.js";
import sdkErrors from "@pulumi/pulumi/automation/errors.js";
import { SemVer } from "semver";
import { numberFlag, parseArguments } from "./arguments.ts";
import { Backend } from "./backend.ts";
import type { CommandContext } from "./commandContext.ts";
import { commands } from "./commands.ts";
import { EngineError, messageOf, unsupported } from "./errors.ts";
import { readProject } from "./project.ts";
import type { StartProvider } from "./registry.ts";
import { engineVersion } from "./version.ts";

export interface EmbeddedPulumiOptions {
  /** How to start the stand-in provider of each package. */
  readonly providers: Record<string, StartProvider>;
  /** The only backend it works with, and those below it: a `file://` URL. */
  readonly allowedBackend: string;
}

interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

// The SDK exports these two but leaves them out of its type declarations. Only with them do its callers see the same
// typed errors (StackNotFoundError, ConcurrentUpdateError, …) as from the official CLI.
const { CommandResult } = sdkCommand as unknown as {
  CommandResult: new (stdout: string, stderr: string, code: number) => CommandResult;
};
const { createCommandError } = sdkErrors as unknown as { createCommandError: (result: CommandResult) => Error };

type Run = (
  args: string[],
  cwd: string,
  additionalEnv: Record<string, string>,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<CommandResult>;

/**
 * A Pulumi engine in this process, behind the seam by which the Automation API drives the official CLI: pass it as
 * `pulumiCommand`. Commands, flags and protocol features it lacks end in one error that names them.
 */
export function embeddedPulumi(options: EmbeddedPulumiOptions): PulumiCommand {
  const run: Run = async (args, cwd, additionalEnv, onOutput, onError, signal) => {
    const output = new Output(onOutput, onError);
    try {
      await runCommand(options, args, cwd, { ...process.env, ...additionalEnv }, output, signal);
    } catch (error) {
      output.error(`error: ${messageOf(error)}`);
      throw createCommandError(new CommandResult(output.stdout, output.stderr, 255));
    }
    return new CommandResult(output.stdout, output.stderr, 0);
  };
  // The class has a private constructor and finds a program on PATH: the seam is its shape.
  return { command: "embedded", version: new SemVer(engineVersion), run } as unknown as PulumiCommand;
}

class Output {
  stdout = "";
  stderr = "";
  private readonly onOutput: ((text: string) => void) | undefined;
  private readonly onError: ((text: string) => void) | undefined;

  constructor(onOutput?: (text: string) => void, onError?: (text: string) => void) {
    this.onOutput = onOutput;
    this.onError = onError;
  }

  print(line: string): void {
    const text = `${line}\n`;
    this.stdout += text;
    this.onOutput?.(text);
  }

  error(line: string): void {
    const text = `${line}\n`;
    this.stderr += text;
    this.onError?.(text);
  }
}

async function runCommand(
  options: EmbeddedPulumiOptions,
  args: readonly string[],
  cwd: string,
  env: Record<string, string | undefined>,
  output: Output,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parsed = parseArguments(args);
  const known = commands.find(({ words }) => words.every((word, i) => parsed.words[i] === word));
  if (!known) throw unsupported(`command "${parsed.words.join(" ")}"`, "this command");
  if (known.words[0] === "version") return output.print(`v${engineVersion}`);
  const directory = resolve(parsed.value("cwd") ?? cwd);
  const project = readProject(directory);
  const url = env["PULUMI_BACKEND_URL"] ?? project.backendUrl;
  const backend = new Backend(allowed(url, options.allowedBackend), env["PULUMI_CONFIG_PASSPHRASE"] ?? "");
  const context: CommandContext = {
    args: parsed,
    operands: parsed.words.slice(known.words.length),
    project,
    backend,
    env,
    providers: options.providers,
    print: (line) => output.print(line),
    signal,
    page: { ...size(numberFlag(parsed, "page-size")), number: numberFlag(parsed, "page") ?? 1 },
  };
  await known.run(context);
}

function size(number: number | undefined): { size?: number } {
  return number === undefined ? {} : { size: number };
}

function allowed(url: string | undefined, base: string): string {
  const prefix = base.endsWith("/") ? base : `${base}/`;
  const fits =
    url !== undefined && base.startsWith("file://") && `${new URL(url).href}/`.startsWith(new URL(prefix).href);
  if (fits) return url;
  throw new EngineError("refused-backend", {
    where: "PULUMI_BACKEND_URL",
    what: `the sandbox's embedded engine works on stacks under ${base} only, not on ${url ?? "the default backend"}`,
    fix: "Use the official Pulumi CLI for stacks outside the sandbox",
  });
}
