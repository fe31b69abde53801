/** Files of a build context that a Dockerfile copies into an image. */
import { createHash } from "node:crypto";
import { globSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { ProviderError } from "../errors.ts";
import type { Dockerfile, Instruction } from "./dockerfile.ts";

export interface Entry {
  /** Path in the image, without a leading slash. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link";
  readonly mode: number;
  readonly bytes?: Buffer;
  readonly target?: string;
}

/** The sources and the destination of a COPY or ADD. */
export function copied(text: string): { sources: string[]; destination: string } {
  const parts = text.startsWith("[") ? (JSON.parse(text) as string[]) : text.split(/\s+/);
  return { sources: parts.slice(0, -1), destination: parts.at(-1) ?? "" };
}

/** What a COPY of these sources puts in the image, in a fixed order. A directory's content is copied, not the directory. */
export function entries(context: string, sources: readonly string[], destination: string): Entry[] {
  const found = sources.flatMap((source) => expand(context, source));
  const into = destination.endsWith("/") || found.length > 1;
  const target = destination.replace(/^\/+|\/+$/g, "");
  const all = found.flatMap((path) => {
    const stat = lstatSync(path);
    if (stat.isDirectory()) return walk(path, target);
    return [entry(path, into ? posix.join(target, path.split(sep).at(-1) ?? "") : target)];
  });
  return withParents(all);
}

function expand(context: string, source: string): string[] {
  const relativeSource = source.replace(/^\/+/, "");
  const paths = /[*?[]/.test(source) ? globSync(relativeSource, { cwd: context }).sort() : [relativeSource];
  const inside = paths.map((path) => join(context, path)).filter((path) => !relative(context, path).startsWith(".."));
  const existing = inside.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (existing.length > 0) return existing;
  throw new ProviderError("invalid-input", {
    where: `docker:Image build.context ${context}`,
    what: `the Dockerfile copies "${source}", which is not there`,
    fix: "Build it first, or correct the path",
  });
}

function walk(directory: string, target: string): Entry[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const [path, inImage] = [join(directory, name), posix.join(target, name)];
      const own = entry(path, inImage);
      return own.kind === "directory" ? [own, ...walk(path, inImage)] : [own];
    });
}

function entry(path: string, inImage: string): Entry {
  const stat = lstatSync(path);
  // Only whether a file may be run is kept: other bits depend on who checked the source out.
  const mode = stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644;
  if (stat.isSymbolicLink()) return { path: inImage, kind: "link", mode: 0o777, target: readlinkSync(path) };
  if (stat.isDirectory()) return { path: inImage, kind: "directory", mode };
  return { path: inImage, kind: "file", mode, bytes: readFileSync(path) };
}

function withParents(list: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>();
  for (const one of list) {
    const parts = one.path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (!all.has(path)) all.set(path, { path, kind: "directory", mode: 0o755 });
    }
    all.set(one.path, one);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

const fromContext = ({ keyword, flags }: Instruction) =>
  (keyword === "COPY" || keyword === "ADD") && flags["from"] === undefined;

/** Digest of what the image is made from: the Dockerfile, and every file of the context that any stage copies. */
export function contextDigest(dockerfile: Dockerfile, source: string, context: string): string {
  const hash = createHash("sha256").update(source);
  const copies = dockerfile.stages.flatMap(({ instructions }) => instructions).filter(fromContext);
  for (const { text } of copies) {
    const { sources, destination } = copied(text);
    const local = sources.filter((one) => !one.includes("://"));
    for (const { path, kind, mode, bytes, target } of entries(context, local, destination)) {
      hash.update(`\0${path}\0${kind}\0${mode}\0${target ?? ""}\0`).update(bytes ?? "");
    }
  }
  return hash.digest("hex");
}
