/**
 * Sets up what is missing, then runs a command with this project's own Node:
 *
 *     node sandbox/setup/bootstrap.mjs -- <command> [arguments…]
 *
 * Runs on Node 20 with nothing installed. Safe to repeat, to interrupt and to run twice at once.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, withLock } from "./lock.mjs";
import { installPackages, packagesCurrent } from "./packages.mjs";
import { createEnvironment, environmentCurrent, findPython } from "./python.mjs";
import { requireFreeSpace, run } from "./run.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Installs what is missing or out of date. @param {string} project root directory of the project */
export async function setUp(project) {
  requireNode(process.versions.node);
  const current = () => packagesCurrent(project) && environmentCurrent(project);
  if (current()) return;
  await withLock(join(project, ".sandbox", "setup.lock"), async () => {
    if (current()) return;
    await requireGit();
    const python = environmentCurrent(project) ? undefined : await findPython();
    requireFreeSpace(project, 1500);
    await bothToTheirEnds([
      packagesCurrent(project) ? undefined : installPackages(project),
      python && createEnvironment(project, python),
    ]);
  });
}

/** One that fails does not take away what the other is about to have done: the next run begins with it. */
export async function bothToTheirEnds(works) {
  const failed = (await Promise.allSettled(works)).filter(({ status }) => status === "rejected");
  if (failed.length > 1) throw new SetupError(failed.map(({ reason }) => reason.message).join("\n"));
  for (const { reason } of failed) throw reason;
}

/** @param {string} version */
export function requireNode(version) {
  if (Number(version.split(".")[0]) >= 20) return;
  throw new SetupError(`Node ${version} is too old: install Node 20 or later from https://nodejs.org`);
}

async function requireGit() {
  const { code } = await run("git", ["--version"]);
  if (code !== 0)
    throw new SetupError("git is missing: install it from your system's packages (for example `apt-get install git`)");
}

/** Runs the command with the project's programs first on PATH; resolves to its exit code, or the signal that ended it. */
export function execute(project, command, args) {
  const bin = join(project, "node_modules", ".bin");
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
  const child = spawn(command, args, { stdio: "inherit", env });
  // A terminal sends SIGINT to the whole foreground group: passed on as well, the command would see it twice.
  const passed = process.stdin.isTTY ? ["SIGTERM", "SIGHUP"] : ["SIGTERM", "SIGHUP", "SIGINT"];
  const handlers = passed.map((signal) => [signal, () => child.kill(signal)]);
  if (process.stdin.isTTY) handlers.push(["SIGINT", () => undefined]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new SetupError(`${command} cannot be run: ${error.message}`)));
    child.once("exit", (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      resolve(signal ? 128 + constants.signals[signal] : (code ?? 1));
    });
  });
}

async function main() {
  const separator = process.argv.indexOf("--");
  const [command, ...args] = separator < 0 ? [] : process.argv.slice(separator + 1);
  if (!command) throw new SetupError("usage: node sandbox/setup/bootstrap.mjs -- <command> [arguments…]");
  await setUp(root);
  process.exitCode = await execute(root, command, args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  });
}
