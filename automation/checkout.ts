import { execFileSync } from "node:child_process";

/** The commit being worked from: CI's, else this checkout's. */
export function commit(): string | undefined {
  const given = process.env["GITHUB_SHA"];
  if (given) return given;
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}
