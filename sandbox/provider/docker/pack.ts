/**
 * Packs an image without a Docker daemon: the final stage's files and settings, on no base.
 *
 * A process of the sandbox runs on this machine's Node, so what the base image brings is not needed; the manifest says
 * that it is left out. Everything that would have to run inside the image is refused, but a RUN under a comment that
 * starts with `image-only:`, by which its author says that the program does not depend on it.
 */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { pack as tarPack } from "tar-stream";
import { copied, type Entry, entries } from "./context.ts";
import {
  command,
  type Dockerfile,
  type Instruction,
  pairs,
  refused,
  type Stage,
  split,
  substitute,
  unquote,
} from "./dockerfile.ts";
import { assemble, type Image, type Layer, layer } from "./image.ts";

export interface PackOptions {
  readonly dockerfile: Dockerfile;
  readonly context: string;
  /** `linux/amd64`, `linux/arm64`, … */
  readonly platform: string;
  readonly args: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
}

interface Settings {
  Env: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  User?: string;
  StopSignal?: string;
  ExposedPorts?: Record<string, object>;
  Labels?: Record<string, string>;
}

export async function packImage(options: PackOptions): Promise<Image> {
  const { dockerfile, context, platform, target } = options;
  const stage = finalStage(dockerfile, target);
  if (existsSync(join(context, ".dockerignore"))) {
    throw refused(
      join(context, ".dockerignore"),
      1,
      "packing without a Docker daemon does not apply it",
      "Copy only what belongs in the image, or start Docker",
    );
  }
  const settings: Settings = { Env: [] };
  const variables: Record<string, string> = {};
  const layers: Layer[] = [];
  for (const instruction of stage.instructions) {
    if (instruction.keyword === "ARG") declare(instruction, variables, options);
    else if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
      layers.push(await copy(instruction, variables, settings, options));
    } else apply(instruction, variables, settings, dockerfile.path);
  }
  const [os = "linux", architecture = "amd64", variant] = platform.split("/");
  const configuration = {
    architecture,
    os,
    ...(variant && { variant }),
    config: settings,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  };
  return assemble(
    layers,
    configuration,
    stage.base === "scratch" ? {} : { "switchyard.sandbox.base-left-out": stage.base },
  );
}

function finalStage({ path, stages }: Dockerfile, target: string | undefined): Stage {
  const stage = target === undefined ? stages.at(-1) : stages.find(({ name }) => name === target);
  if (!stage) throw refused(path, 1, `there is no stage "${target}"`, "Correct build.target");
  if (stages.some(({ name }) => name !== undefined && name === stage.base)) {
    throw refused(
      path,
      1,
      `the final stage starts from the stage "${stage.base}", which packing without a Docker daemon cannot build`,
      "Start Docker",
    );
  }
  return stage;
}

function declare({ text }: Instruction, variables: Record<string, string>, { args, dockerfile }: PackOptions): void {
  const [name, fallback] = split(text, "=");
  const value =
    args[name] ?? (fallback === undefined ? dockerfile.globals[name] : substitute(unquote(fallback), variables));
  if (value !== undefined) variables[name] ??= value;
}

function apply(instruction: Instruction, variables: Record<string, string>, settings: Settings, path: string): void {
  const { keyword, line, comment } = instruction;
  const text =
    keyword === "ENTRYPOINT" || keyword === "CMD" ? instruction.text : substitute(instruction.text, variables);
  switch (keyword) {
    case "ENV":
      for (const [key, value] of pairs(text)) {
        variables[key] = value;
        settings.Env = [...settings.Env.filter((one) => !one.startsWith(`${key}=`)), `${key}=${value}`];
      }
      return;
    case "LABEL":
      settings.Labels = { ...settings.Labels, ...Object.fromEntries(pairs(text)) };
      return;
    case "WORKDIR":
      settings.WorkingDir = posix.resolve(settings.WorkingDir ?? "/", text);
      return;
    case "USER":
      settings.User = text;
      return;
    case "STOPSIGNAL":
      settings.StopSignal = text;
      return;
    case "EXPOSE":
      for (const port of text.split(/\s+/)) {
        settings.ExposedPorts = { ...settings.ExposedPorts, [port.includes("/") ? port : `${port}/tcp`]: {} };
      }
      return;
    case "ENTRYPOINT":
      settings.Entrypoint = command(text);
      return;
    case "CMD":
      settings.Cmd = command(text);
      return;
    case "RUN":
      if (comment.startsWith("image-only:")) return;
      throw refused(
        path,
        line,
        "RUN needs a Docker daemon, and none answers",
        "Start Docker, move it to an earlier stage, or put a comment `# image-only: <why the program does not depend on it>` above it",
      );
    default:
      throw refused(
        path,
        line,
        `packing without a Docker daemon does not implement ${keyword}`,
        "Start Docker, or do without it",
      );
  }
}

async function copy(
  instruction: Instruction,
  variables: Record<string, string>,
  settings: Settings,
  options: PackOptions,
): Promise<Layer> {
  const { keyword, flags, line } = instruction;
  const { path } = options.dockerfile;
  const { sources, destination } = copied(substitute(instruction.text, variables));
  if (flags["from"] !== undefined) {
    throw refused(
      path,
      line,
      `${keyword} --from needs a Docker daemon, and none answers`,
      "Start Docker, or copy from the context",
    );
  }
  if (sources.some((source) => source.includes("://") || (keyword === "ADD" && /\.(tar|t?gz|bz2|xz)$/.test(source)))) {
    throw refused(
      path,
      line,
      "packing without a Docker daemon neither downloads nor unpacks",
      "Use COPY with files of the context",
    );
  }
  const owner = substitute(flags["chown"] ?? "0:0", variables);
  if (!/^\d+(:\d+)?$/.test(owner)) {
    throw refused(
      path,
      line,
      `--chown=${owner} names a user of the base image, which is left out`,
      "Use numbers, e.g. --chown=65532:65532",
    );
  }
  const [uid = 0, gid = uid] = owner.split(":").map(Number);
  const into = posix.resolve(settings.WorkingDir ?? "/", destination) + (destination.endsWith("/") ? "/" : "");
  const mode = flags["chmod"] === undefined ? undefined : Number.parseInt(flags["chmod"], 8);
  return layer(await tar(entries(options.context, sources, into), { uid, gid, mode }));
}

/** A tar that depends on nothing but its content: fixed order, times and owners. */
async function tar(
  list: readonly Entry[],
  owner: { uid: number; gid: number; mode: number | undefined },
): Promise<Buffer> {
  const archive = tarPack();
  const { uid, gid } = owner;
  for (const { path, kind, mode, bytes, target } of list) {
    const header = {
      name: kind === "directory" ? `${path}/` : path,
      mode: (kind === "file" ? owner.mode : undefined) ?? mode,
      uid,
      gid,
      mtime: new Date(0),
    };
    if (kind === "link") archive.entry({ ...header, type: "symlink", linkname: target ?? "" });
    else if (kind === "directory") archive.entry({ ...header, type: "directory" });
    else archive.entry({ ...header, type: "file" }, bytes ?? Buffer.alloc(0));
  }
  archive.finalize();
  return buffer(archive);
}
