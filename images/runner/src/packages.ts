/** What jobs and builds have in common: a commit's packages, and a process that ends when this one is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { traceOf } from "../../../programs/components/runner/trace.ts";
import { errorCatalogue, otherExitCodes } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
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

const trace = traceOf(process.env["_X_AMZN_TRACE_ID"]);

const secrets = new Set<string>();

/** As GitHub's own runners do it with the token that they give: whatever writes it, no log has it. */
export function hide(secret: string): void {
  if (secret !== "") secrets.add(secret);
}
hide(process.env["GITHUB_TOKEN"] ?? "");

const masked = (text: string) => [...secrets].reduce((line, secret) => line.replaceAll(secret, "***"), text);

let kept: number | undefined;

/** Keeps each line that is said from now on in a file as well. @returns what ends that */
export function keepLines(path: string): () => void {
  const file = openSync(path, "w");
  kept = file;
  return () => {
    kept = undefined;
    closeSync(file);
  };
}

/** Writes a line, after the trace that it is part of, where there is one. */
export function say(text: string, to: NodeJS.WritableStream = process.stdout): void {
  const line = `${trace === undefined ? "" : `${trace} `}${masked(text)}\n`;
  to.write(line);
  if (kept !== undefined) writeSync(kept, line);
}

async function sayAll(from: Readable, to: NodeJS.WritableStream): Promise<void> {
  for await (const line of createInterface({ input: from })) say(line, to);
}

/** @returns the exit code, that of a shell where a signal ended it */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (asked !== undefined) return 128 + constants.signals[asked];
  const child = spawn(command, args, { cwd, env, stdio: ["inherit", "pipe", "pipe"] });
  running = child;
  const said = Promise.all([sayAll(child.stdout, process.stdout), sayAll(child.stderr, process.stderr)]);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  running = undefined;
  // What the command has started and left may hold its output open.
  await Promise.race([said, setTimeout(2_000, undefined, { ref: false })]);
  return code ?? 128 + constants.signals[signal ?? "SIGKILL"];
}

/** Of an install, which needs none of the job's rights. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(AWS_|GITHUB_TOKEN$|GH_TOKEN$|SWITCHYARD_GITHUB_)/.test(name)),
  );
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
    say(`switchyard: ${(error as Error).message}`, process.stderr);
    const { exitCode } = error instanceof SwitchyardError ? errorCatalogue[error.code] : otherExitCodes.internal;
    process.exitCode = exitCode;
  }
}
