import { cp, mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

const projectRoot = resolve(import.meta.dirname, "../..");

/** What each version's source is made of: this repository's own, and the changes kept beside this file. */
const overlays: Readonly<Record<string, readonly string[]>> = { v2: ["v2"], v3: ["v2", "v3"] };

/**
 * Makes the source of a version as a checkout of it would lie on disk, in `<directory>/<version>`: `images/` and
 * `migrations/` with the version's changes.
 *
 * @returns The checkout's absolute path.
 */
export async function makeCheckout(directory: string, version: string): Promise<string> {
  const checkout = join(directory, version);
  await rm(checkout, { recursive: true, force: true });
  await mkdir(checkout, { recursive: true });
  for (const part of ["images", "migrations"]) {
    await cp(join(projectRoot, part), join(checkout, part), {
      recursive: true,
      filter: (path) => basename(path) !== "dist",
    });
  }
  for (const overlay of overlays[version] ?? []) {
    await cp(join(import.meta.dirname, "checkouts", overlay), checkout, { recursive: true });
  }
  return resolve(checkout);
}
