/**
 * Judges .github with zizmor: offline, the version of requirements.txt, installed into .sandbox/zizmor when it is not there.
 * Where it cannot be had the workflows are not judged, which is said; on GitHub that is a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const requirements = join(import.meta.dirname, "requirements.txt");
const place = join(root, ".sandbox", "zizmor");
const stamp = join(place, "installed");
const program = join(place, "bin", "zizmor");

const problem = isCurrent() ? undefined : install();
if (problem === undefined) process.exitCode = judge();
else {
  process.stderr.write(`! The workflows were not judged by zizmor, which cannot be installed: ${problem}\n`);
  if (process.env["GITHUB_ACTIONS"] !== undefined) process.exitCode = 1;
}

function judge(): number {
  const options = ["--offline", "--no-progress", "--quiet", "--min-severity", "low"];
  const { status, error } = spawnSync(program, [...options, ".github"], { cwd: root, stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
}

function isCurrent(): boolean {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync(requirements, "utf8");
}

/** @returns why it could not be installed */
function install(): string | undefined {
  rmSync(place, { recursive: true, force: true });
  const own = join(root, ".sandbox", "venv", "bin", "python");
  const python = existsSync(own) ? own : "python3";
  const flags = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "--no-deps"];
  const pip = ["-m", "pip", "install", ...flags, "--target", place, "-r", requirements];
  const { status, stderr, error } = spawnSync(python, pip, { encoding: "utf8", timeout: 120_000 });
  if (status !== 0 || error) return error?.message ?? stderr.trim().split("\n").at(-1) ?? `pip ended with ${status}`;
  // Written last: an installation that was cut short begins again.
  writeFileSync(stamp, readFileSync(requirements, "utf8"));
  return undefined;
}
