/** How a container of a task becomes a process of this machine: its command line and its environment. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { ContainerDefinition, ContainerOverride } from "@aws-sdk/client-ecs";
import { awsError, type UnpackedImage } from "../handlers.ts";

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/**
 * Entry point and command as Docker combines them. `node` is this Node; absolute paths that exist in the image mean the
 * image's files.
 */
export function commandLine(
  image: UnpackedImage,
  definition: Pick<ContainerDefinition, "entryPoint" | "command" | "workingDirectory">,
  override: Pick<ContainerOverride, "command"> = {},
): CommandLine {
  const given = definition.entryPoint?.length ? definition.entryPoint : undefined;
  const entryPoint = given ?? image.config.Entrypoint ?? [];
  // An entry point of the task definition's own discards the image's command.
  const inherited = given === undefined ? (image.config.Cmd ?? []) : [];
  const command = override.command ?? (definition.command?.length ? definition.command : inherited);
  const [program, ...args] = [...entryPoint, ...command];
  if (program === undefined)
    throw awsError("CannotStartContainerError", "no command specified, neither by the image nor by the task");
  const inImage = (path: string) => {
    const mapped = join(image.rootfs, path);
    return path.startsWith("/") && existsSync(mapped) ? mapped : path;
  };
  return {
    command: basename(program) === "node" ? process.execPath : inImage(program),
    args: args.map(inImage),
    cwd: join(image.rootfs, definition.workingDirectory ?? image.config.WorkingDir ?? "/"),
  };
}

export interface EnvironmentParts {
  readonly image: readonly string[];
  readonly definition: ContainerDefinition["environment"];
  readonly override: ContainerOverride["environment"];
  readonly secrets: Readonly<Record<string, string>>;
  /** What stands for the task's own network interface, role and trust; wins over everything else. */
  readonly sandbox: Readonly<Record<string, string>>;
}

export function containerEnvironment(parts: EnvironmentParts): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const pair of parts.image) {
    const equals = pair.indexOf("=");
    if (equals > 0) environment[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  for (const { name, value } of [...(parts.definition ?? []), ...(parts.override ?? [])]) {
    if (name !== undefined) environment[name] = value ?? "";
  }
  return { ...environment, ...parts.secrets, ...parts.sandbox };
}
