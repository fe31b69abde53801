import type { Arguments } from "./arguments.ts";
import type { Backend } from "./backend.ts";
import { EngineError } from "./errors.ts";
import { type Project, StackConfig } from "./project.ts";
import type { StartProvider } from "./registry.ts";

export interface CommandContext {
  readonly args: Arguments;
  /** The words after the command's own. */
  readonly operands: readonly string[];
  readonly project: Project;
  readonly backend: Backend;
  readonly env: Record<string, string | undefined>;
  readonly providers: Record<string, StartProvider>;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal | undefined;
  readonly page: { readonly size?: number; readonly number: number };
}

export interface Command {
  readonly words: readonly string[];
  readonly run: (context: CommandContext) => Promise<void> | void;
}

/** The stack a command is about: named by a flag, or the one selected here. */
export function stackName({ args, project, backend }: CommandContext, named?: string): string {
  const name = named ?? args.value("stack") ?? backend.selected(project.directory);
  if (name === undefined) {
    throw new EngineError("invalid-argument", { where: "--stack", what: "no stack is selected", fix: "Name one" });
  }
  const parts = name.split("/");
  const [short = ""] = parts.slice(-1);
  const elsewhere = parts.length === 3 && (parts[0] !== "organization" || parts[1] !== project.name);
  if (elsewhere || parts.length > 3 || !/^[\w.-]{1,100}$/.test(short)) {
    const what = `"${name}" is not a stack of project ${project.name}`;
    throw new EngineError("invalid-argument", {
      where: "--stack",
      what,
      fix: `Write <name> or organization/${project.name}/<name>`,
    });
  }
  return short;
}

export function stackConfig(context: CommandContext, stack: string): StackConfig {
  const { project, backend, args } = context;
  const crypter = () => backend.crypterFor(backend.read(project.name, stack).secrets_providers);
  return new StackConfig(project, stack, crypter, args.value("config-file"));
}

export function splitPair(pair: string): [string, string] {
  const cut = pair.indexOf("=");
  if (cut > 0) return [pair.slice(0, cut), pair.slice(cut + 1)];
  throw new EngineError("invalid-argument", { where: `"${pair}"`, what: "is not key=value", fix: "Write key=value" });
}
