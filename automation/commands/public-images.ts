import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { SwitchyardError } from "../../programs/errors.ts";
import { placeValues } from "../aws/place.ts";
import { readIfThere } from "../files.ts";
import { tag } from "../flags.ts";
import { bazelBlock, digestsShape, type PublicDigests, recordDifferences } from "../images/public/handoff.ts";
import { labelsOf } from "../images/public/labels.ts";
import { platformsOf, readLayout } from "../images/public/layout.ts";
import { PublicRegistry } from "../images/public/registry.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface PublicImagesFlags extends CommonFlags {
  readonly tag: string;
  readonly source?: string;
  /** Directory of the builds, an OCI layout each: written by a build, read by a push. */
  readonly layouts?: string;
}

export interface PublicDigestsFlags extends CommonFlags {
  readonly source?: string;
  /** Compares the record with the registry instead of printing it. */
  readonly check?: boolean;
}

const names = ["base", "minimal"] as const;
const platforms = "linux/amd64,linux/arm64";
type Source = Pick<PublicImagesFlags, "source">;
const sourceOf = ({ source }: Source) => resolve(source ?? projectRoot);
const layoutsIn = (flags: PublicImagesFlags) => resolve(flags.layouts ?? join(sourceOf(flags), "images", "dist"));
const recordOf = (flags: Source) => join(sourceOf(flags), "images", "digests.json");

/** Builds the public images for both platforms into OCI layouts, and pushes nothing. */
export function buildPublic(flags: PublicImagesFlags): Promise<void> {
  return withContext(flags, async ({ out }) => {
    tag(flags.tag);
    const source = sourceOf(flags);
    const into = layoutsIn(flags);
    await mkdir(into, { recursive: true });
    const git = (...args: readonly string[]) => run("git", ["-C", source, ...args]).catch(() => "");
    const revision = (await git("rev-parse", "HEAD")).trim() || "unknown";
    const labels = labelsOf(revision, await git("remote", "get-url", "origin"));
    for (const name of names) {
      // Docker adds to a layout that is there.
      if (existsSync(join(into, name, "oci-layout"))) await rm(join(into, name), { recursive: true });
      await buildx(join(source, "images", name), join(into, name), labels);
    }
    const built = await Promise.all(
      names.map(async (name) => [name, (await readLayout(join(into, name))).index.digest]),
    );
    for (const [name, digest] of built) out.line(`  ${String(name).padEnd(8)} ${digest}`);
    out.document(Object.fromEntries(built));
  });
}

/** Images of both platforms with SBOM and provenance. All times are zero, so that the same source gives the same images. */
async function buildx(context: string, into: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const args = ["buildx", "build", "--platform", platforms, "--sbom=true", "--provenance=mode=max"];
  const labelled = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
  const output = `type=oci,tar=false,dest=${into},oci-mediatypes=true,rewrite-timestamp=true`;
  const times = ["--build-arg", "SOURCE_DATE_EPOCH=0"];
  await run("docker", [...args, ...labelled, ...times, "--output", output, context]).catch((cause: Error) => {
    const isMissing =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ||
      /unknown command|is not a docker command/.test(cause.message);
    throw new SwitchyardError(isMissing ? "missing-tool" : "invalid-flag", {
      what: isMissing
        ? "there is no Docker with buildx, which builds for several platforms"
        : `the build failed: ${cause.message.trim().split("\n").slice(-2).join(" ")}`,
      where: isMissing ? "docker buildx" : context,
      fix: isMissing
        ? "install it (https://docs.docker.com/build/) and run the command again"
        : "correct the Dockerfile",
      cause,
    });
  });
}

async function run(program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, [...args], { maxBuffer: 64 * 1024 * 1024 })).stdout;
}

/** Pushes what a build left under a new tag, writes the record, and prints what Bazel needs. */
export function pushPublic(flags: PublicImagesFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const imageTag = tag(flags.tag);
    const layouts = await Promise.all(
      names.map(async (name) => [name, await readLayout(join(layoutsIn(flags), name))] as const),
    );
    const registry = await PublicRegistry.open(await placeValues(where, "registry"));
    try {
      const uris = new Map<string, string>();
      for (const [name] of layouts) {
        const uri = await registry.uriOf(name);
        if (uri === undefined) throw noRepository(name);
        uris.set(name, uri);
      }
      const digests: Record<string, PublicDigests[string]> = {};
      for (const [name, layout] of layouts) {
        const image = uris.get(name) ?? "";
        const { digest } = layout.index;
        const { isNew } = await registry.push(name, imageTag, layout);
        digests[name] = { image, tag: imageTag, digest, platforms: [...platformsOf(layout)] };
        out.line(`  ${name.padEnd(8)} ${isNew ? "pushed" : "was there"}  ${image}@${digest}`);
      }
      const recordFile = recordOf(flags);
      await writeFile(recordFile, `${JSON.stringify(digests, undefined, 2)}\n`);
      out.line(`  ${recordFile} written; for MODULE.bazel:`);
      out.line(bazelBlock(digests));
      out.document(digests);
    } finally {
      registry.close();
    }
  });
}

function noRepository(name: string): SwitchyardError {
  return new SwitchyardError("not-found", {
    what: `the account has no public repository ${name}`,
    where: "switchyard:publicRepositories",
    fix: "Apply the registry stack with it first, and push with credentials of its account",
  });
}

/** The record of what was last pushed, as Bazel takes it; with `--check`, whether the registry still has it. */
export function publicDigests(flags: PublicDigestsFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const recordFile = recordOf(flags);
    const recorded = await readRecord(recordFile);
    if (flags.check !== true) {
      out.line(bazelBlock(recorded));
      return out.document(recorded);
    }
    const registry = await PublicRegistry.open(await placeValues(where, "registry"));
    try {
      const found = await Promise.all(
        Object.entries(recorded).map(async ([name, { tag: at }]) => {
          const digest = await registry.digestOf(name, at);
          return [name, digest === undefined ? undefined : { digest }] as const;
        }),
      );
      const differences = recordDifferences(recorded, Object.fromEntries(found));
      if (differences.length > 0)
        throw new SwitchyardError("not-found", {
          what: differences.join("; "),
          where: recordFile,
          fix: "Push again with `switchyard images push --public`, or correct the record",
        });
      out.line("the registry has what the record says");
      out.document({ differences });
    } finally {
      registry.close();
    }
  });
}

async function readRecord(recordFile: string): Promise<PublicDigests> {
  const text = await readIfThere(recordFile);
  const { data } = digestsShape.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (data !== undefined) return data;
  throw new SwitchyardError("not-found", {
    what: "there is no record of public images, or it is not readable",
    where: recordFile,
    fix: "Push them with `switchyard images push --public --tag <tag>`",
  });
}
