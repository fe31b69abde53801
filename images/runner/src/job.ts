/**
 * What the runner's image starts: `switchyard` of the commit that a job is given, in a checkout of its own; without one, of
 * the image itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { errorCatalogue, otherExitCodes, SwitchyardError } from "../../../programs/errors.ts";
import { checkOut, linkPackages, sameLock, sourceOf } from "./checkout.ts";

const own = resolve(import.meta.dirname, "../../..");

/** The one place that a job may write to (programs/components/runner/jobs.ts). */
const workDirectory = process.env["SWITCHYARD_WORK"] ?? "/work";

let running: ChildProcess | undefined;
let asked: NodeJS.Signals | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    asked = signal;
    running?.kill(signal);
  });

/** @returns the exit code, that of a shell where a signal ended it */
async function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
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

async function install(directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await sameLock(directory, own)) return linkPackages(directory, own);
  const code = await run("npm", ["ci", "--omit=dev", "--ignore-scripts"], directory, withoutSecrets(env));
  if (code === 0) return;
  throw new SwitchyardError("missing-tool", {
    what: `the packages of the commit's lockfile are not there: npm ended with exit code ${code}`,
    where: "npm ci",
    fix: "read what it says above; a lockfile that does not fit package.json is mended in the repository",
  });
}

async function job(args: readonly string[]): Promise<number> {
  const driver = join("automation", "switchyard.mjs");
  if (process.env["SWITCHYARD_COMMIT"] === undefined)
    return run(process.execPath, [join(own, driver), ...args], process.cwd(), process.env);
  const source = sourceOf(process.env);
  const place = await mkdtemp(join(workDirectory, "job-"));
  try {
    const [checkout, home, temporary] = [join(place, "checkout"), join(place, "home"), join(place, "tmp")];
    await Promise.all([home, temporary].map((path) => mkdir(path)));
    const commit = await checkOut(checkout, source);
    process.stdout.write(`${source.remote.url} at ${commit}\n`);
    const env = { ...process.env, HOME: home, TMPDIR: temporary, npm_config_cache: join(place, "npm") };
    await install(checkout, env);
    return await run(process.execPath, [driver, ...args], checkout, {
      ...env,
      ...{ SWITCHYARD_COMMIT: commit, GITHUB_SHA: commit },
    });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await job(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`switchyard: ${(error as Error).message}\n`);
  const { exitCode } = error instanceof SwitchyardError ? errorCatalogue[error.code] : otherExitCodes.internal;
  process.exitCode = exitCode;
}
