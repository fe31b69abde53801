import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Gives a user id that has neither HOME nor an entry in /etc/passwd a home directory of its own, for as long as the process
 * lives: the AWS SDK, Pulumi and its policy runner look for one and fail where there is none.
 */
export function ensureHome(env: NodeJS.ProcessEnv = process.env, find: () => string = homedir): void {
  try {
    if (find() !== "") return;
  } catch {
    // None is known.
  }
  // Private, and not a place where another user can leave AWS settings.
  const home = mkdtempSync(join(tmpdir(), "switchyard-home-"));
  env["HOME"] = home;
  process.once("exit", () => rmSync(home, { recursive: true, force: true }));
}
