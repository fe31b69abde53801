import { spawn } from "node:child_process";
import { statfsSync } from "node:fs";
import { SetupError } from "./lock.mjs";

/**
 * Runs a program to its end. Never rejects: a program that is not there ends with code 127.
 * @returns {Promise<{ code: number, output: string }>} exit code and everything it printed
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
    const end = (code) => resolve({ code, output: Buffer.concat(chunks).toString("utf8") });
    child.once("error", () => end(127));
    child.once("close", (code) => end(code ?? 1));
  });
}

/** Runs a step of the set-up with a line before and after, beside others; throws its last lines when it fails. */
export async function step(title, command, args, options = {}) {
  const startedAt = Date.now();
  process.stderr.write(`${title} …\n`);
  // A line now and then shows that a slow download is still under way.
  const ticking = setInterval(() => {
    process.stderr.write(`  ${title}: still at it after ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
  }, 15_000);
  const { code, output } = await run(command, args, options);
  clearInterval(ticking);
  if (code === 0) {
    process.stderr.write(`  ${title}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return;
  }
  if (/ENOSPC|no space left on device/i.test(output)) throw diskFull(options.cwd ?? process.cwd());
  const last = output.trim().split("\n").slice(-12).join("\n");
  throw new SetupError(`${title}: \`${command} ${args.join(" ")}\` ended with code ${code}. Its last lines:\n${last}`);
}

function diskFull(where) {
  return new SetupError(`The disk is full: free about 1.5 GB for ${where}, then run the same command again`);
}

/** Refuses to begin an installation the disk has no room for. */
export function requireFreeSpace(where, megabytes, statfs = statfsSync) {
  const { bavail, bsize } = statfs(where);
  if (bavail * bsize < megabytes * 1e6) throw diskFull(where);
}
