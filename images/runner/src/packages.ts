/** What jobs and builds have in common: a commit's packages, and a process that ends when this one is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { resolve } from "node:path";
import { errorCatalogue, otherExitCodes, SwitchyardError } from "../../../programs/errors.ts";
import { linkPackages, sameLock } from "./checkout.ts";

/** The image's own, with its packages. */
export const own = resolve(import.meta.dirname, "../../..");

let running: ChildProcess | undefined;
let asked: NodeJS.Signals | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    asked = signal;
    running?.kill(signal);
  });

/** @returns the exit code, that of a shell where a signal ended it */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (asked !== undefined) return 128 + constants.signals[asked];
  running = spawn(command, args, { cwd, env, stdio: "inherit" });
  const [code, signal] = (await once(running, "exit")) as [number | null, NodeJS.Signals | null];
  running = undefined;
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}

/** Of an install, which needs none of the job's rights. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS_|GITHUB_TOKEN$|GH_TOKEN$)/.test(name)));
}

/**
 * Gives a checkout the image's packages where the lockfile is the image's, else those of its own.
 *
 * @throws SwitchyardError `missing-tool` where npm has not all of them.
 */
export async function install(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await sameLock(directory, own)) return linkPackages(directory, own);
  const code = await run("npm", ["ci", "--omit=dev", "--ignore-scripts"], directory, withoutSecrets(env));
  if (code === 0) return;
  throw new SwitchyardError("missing-tool", {
    what: `the packages of the commit's lockfile are not there: npm ended with exit code ${code}`,
    where: "npm ci",
    fix: "read what it says above; a lockfile that does not fit package.json is mended in the repository",
  });
}

/** Ends this process with the exit code of what is done, else with that of the error. */
export async function ending(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.stderr.write(`switchyard: ${(error as Error).message}\n`);
    const { exitCode } = error instanceof SwitchyardError ? errorCatalogue[error.code] : otherExitCodes.internal;
    process.exitCode = exitCode;
  }
}
