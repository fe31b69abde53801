/** Applies an earlier commit of this repository, by its own driver. */
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SwitchyardError } from "../../../programs/errors.ts";
import { projectRoot } from "../../surroundings.ts";
import { withWorktree } from "../git.ts";

const driver = join("automation", "switchyard.mjs");

/** Workspaces of the repository itself, which are the commit's own. */
const own = "@switchyard";

/**
 * Checks a commit out beside this one, applies the stack from there, and asks there whether anything is left to do.
 *
 * @throws Error when it does not come to a clean plan.
 */
export function applyCommit(commit: string, stack: string, tell: (line: string) => void): Promise<void> {
  return withWorktree(projectRoot, commit, async (worktree) => {
    await linkPackages(worktree);
    const drive = (...args: readonly string[]) => run(worktree, [driver, ...args], tell, commit);
    await drive("up", stack);
    const said = await drive("plan", stack);
    if (!said.some((line) => line.startsWith(`${stack}:`) && !/created|updated|replaced|deleted/.test(line)))
      throw new Error(`after ${commit.slice(0, 12)} was applied its plan is not empty`);
  });
}

/**
 * Checks a commit out beside this one, and has it serve in the sandbox: by its own driver, with images of its own.
 *
 * @throws SwitchyardError `update-failed` naming the command that did not end well.
 */
export function deployCommit(commit: string, stack: string, tell: (line: string) => void): Promise<void> {
  return withWorktree(projectRoot, commit, async (worktree) => {
    await linkPackages(worktree, "with the sandbox");
    const drive = (...args: readonly string[]) => run(worktree, [driver, ...args], tell, commit);
    const tag = commit.slice(0, 12);
    await drive("up", "pipeline");
    await drive("images", "push", "--tag", tag);
    await drive("deploy", stack, "--tag", tag);
  });
}

/** A checkout has no packages: those of this one serve where both ask for the same. */
export async function linkPackages(worktree: string, needs?: "with the sandbox"): Promise<void> {
  const lock = (root: string) => readFile(join(root, "package-lock.json"), "utf8");
  const [here, there] = await Promise.all([lock(projectRoot), lock(worktree)]);
  if (here !== there) {
    const only = needs === undefined ? ["--omit=dev"] : [];
    await run(worktree, ["npm", "ci", ...only, "--ignore-scripts"], () => undefined);
    return;
  }
  const from = join(projectRoot, "node_modules");
  const to = join(worktree, "node_modules");
  await mkdir(join(to, own), { recursive: true });
  const names = (await readdir(from)).filter((name) => name !== own);
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
  const workspaces = await readdir(join(from, own));
  await Promise.all(workspaces.map((name) => symlink(join(worktree, name), join(to, own, name))));
}

/**
 * @param commit that the audit is to name, which in CI would be the one that could not be applied
 * @returns what it said, by lines
 */
async function run(
  cwd: string,
  [first = "", ...args]: readonly string[],
  tell: (line: string) => void,
  commit?: string,
): Promise<readonly string[]> {
  const [command, all] = first === "npm" ? [first, args] : [process.execPath, [first, ...args]];
  const env = { ...process.env, ...(commit === undefined ? {} : { GITHUB_SHA: commit }) };
  const child = spawn(command, all, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      tell(`  ${line}`);
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return lines;
  throw new SwitchyardError("update-failed", {
    what: `it ended with code ${code}: ${lines.at(-1) ?? "nothing was said"}`,
    where: `${first} ${args.join(" ")}`,
    fix: "correct the cause and run the command again: it continues from what exists",
  });
}
