import { execFileSync } from "node:child_process";
import { projectRoot } from "./surroundings.ts";

/** The commit being worked from: CI's, else that of the checkout whose driver this is, from wherever it is called. */
export function commit(): string | undefined {
  const given = process.env["GITHUB_SHA"];
  if (given) return given;
  try {
    return execFileSync("git", ["-C", projectRoot, "rev-parse", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}
