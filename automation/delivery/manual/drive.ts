/** This program as it is at a commit, run as a process of its own. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../surroundings.ts";
import { withWorktree } from "../git.ts";
import { linkPackages } from "../merge/go-back.ts";

/**
 * @param here whether the commit is the one that is checked out
 * @returns its exit code
 */
export function driveAt(commit: string, here: boolean, words: readonly string[]): Promise<number> {
  if (here) return drive(projectRoot, words);
  return withWorktree(projectRoot, commit, async (worktree) => {
    await linkPackages(worktree);
    return drive(worktree, words);
  });
}

const passed = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal is the driver's: it undoes or ends what is under way, and then this ends too. */
async function drive(cwd: string, words: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join("automation", "switchyard.mjs"), ...words], { cwd, stdio: "inherit" });
  // A terminal sends SIGINT to the whole foreground group: passed on as well, the driver would see it twice.
  const handlers = passed.map((signal) => {
    const isSeen = signal === "SIGINT" && process.stdin.isTTY;
    return [signal, () => void (isSeen || child.kill(signal))] as const;
  });
  for (const [signal, handler] of handlers) process.on(signal, handler);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
    });
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}
