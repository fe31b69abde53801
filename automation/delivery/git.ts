/** What git says of a checkout. No argument reaches a shell, and none can be taken for an option. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SwitchyardError } from "../../programs/errors.ts";

const run = promisify(execFile);
const mostBytes = 2 ** 28;

function git(directory: string, ...args: readonly string[]): Promise<string> {
  return gitWith({}, directory, ...args);
}

/** With more variables: no secret is an argument, which others on the machine could read. */
export async function gitWith(env: NodeJS.ProcessEnv, directory: string, ...args: readonly string[]): Promise<string> {
  try {
    const options = { maxBuffer: mostBytes, encoding: "utf8", env: { ...process.env, ...env } } as const;
    const { stdout } = await run("git", ["-C", directory, ...args], options);
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new SwitchyardError("missing-tool", {
      what: "there is no git on PATH",
      where: "git",
      fix: "install it and run the command again",
      cause: error,
    });
  }
}

/**
 * The commit a revision names.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag, where there is none of that name.
 */
export async function commitOf(directory: string, flag: string, revision: string): Promise<string> {
  try {
    const said = await git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`);
    return said.trim();
  } catch (error) {
    if (error instanceof SwitchyardError) throw error;
    throw new SwitchyardError("invalid-flag", {
      what: `there is no commit ${JSON.stringify(revision)} in this checkout`,
      where: flag,
      fix: "give a commit, branch or tag that is fetched; a shallow clone has few: fetch with the whole history",
      cause: error,
    });
  }
}

/**
 * Every path that a commit since `base` has changed, also one that a later commit put back: what was tried on the way may
 * have been planned or applied. Of a merge what it changed itself.
 *
 * @param base A commit.
 * @param head A commit.
 */
export async function changedPaths(directory: string, base: string, head: string): Promise<readonly string[]> {
  const names = ["--name-only", "--no-renames", "-z"];
  const [commits, whole] = await Promise.all([
    git(directory, "log", "-c", "--format=", ...names, `${base}..${head}`),
    git(directory, "diff", ...names, `${base}...${head}`),
  ]);
  return [...new Set(`${commits}\0${whole}`.split(/[\0\n]/).filter((path) => path !== ""))].sort();
}

/** The parents of a commit, the first of a merge being what was merged into. */
export async function parentsOf(directory: string, commit: string): Promise<readonly string[]> {
  const [, ...parents] = (await git(directory, "rev-list", "--parents", "--max-count=1", commit)).trim().split(" ");
  return parents;
}

/** Whether a commit is another, or comes before it. */
export async function isWithin(directory: string, commit: string, later: string): Promise<boolean> {
  return git(directory, "merge-base", "--is-ancestor", commit, later).then(
    () => true,
    () => false,
  );
}

/** Does something in a directory of its own that has a commit checked out. */
export async function withWorktree<T>(
  directory: string,
  commit: string,
  work: (worktree: string) => Promise<T>,
): Promise<T> {
  const worktree = join(await mkdtemp(join(tmpdir(), "switchyard-worktree-")), "checkout");
  await git(directory, "worktree", "add", "--quiet", "--detach", worktree, commit);
  try {
    return await work(worktree);
  } finally {
    await git(directory, "worktree", "remove", "--force", worktree).catch(() => undefined);
    await rm(dirname(worktree), { recursive: true, force: true });
  }
}

/** A repository that is pushed to, and as whom. */
export interface Remote {
  /** Of the repository. */
  readonly url: string;
  readonly token: string;
}

/** As variables of git. */
export function credentials({ url, token }: Remote): NodeJS.ProcessEnv {
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  const own = { name: "Switchyard", email: "switchyard@users.noreply.github.com" };
  return {
    ...{ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: `http.${new URL("/", url).href}.extraheader` },
    ...{ GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`, GIT_TERMINAL_PROMPT: "0" },
    ...{ GIT_AUTHOR_NAME: own.name, GIT_AUTHOR_EMAIL: own.email },
    ...{ GIT_COMMITTER_NAME: own.name, GIT_COMMITTER_EMAIL: own.email },
  };
}

/** Does something in a repository of its own that has one commit of the remote, whatever branch that is on. */
export async function withCommit<T>(
  remote: Remote,
  commit: string,
  work: (repository: string) => Promise<T>,
): Promise<T> {
  const repository = await mkdtemp(join(tmpdir(), "switchyard-commit-"));
  try {
    await git(repository, "init", "--quiet");
    await gitWith(credentials(remote), repository, "fetch", "--quiet", "--depth", "1", remote.url, commit);
    return await work(repository);
  } finally {
    await rm(repository, { recursive: true, force: true });
  }
}

/** Commits one file of a worktree, and makes a branch of the remote that commit, whatever it was before. */
export async function pushedAs(
  remote: Remote,
  worktree: string,
  { file, title, branch }: { readonly file: string; readonly title: string; readonly branch: string },
): Promise<void> {
  const own = (...args: readonly string[]) => gitWith(credentials(remote), worktree, ...args);
  await own("add", "--force", "--", file);
  await own("commit", "--quiet", "--no-verify", "--allow-empty", "--message", title);
  await own("push", "--quiet", "--force", remote.url, `HEAD:refs/heads/${branch}`);
}
