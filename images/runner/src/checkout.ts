/** A checkout of the commit that a job is given, with its packages. */
import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { credentials, gitWith, type Remote } from "../../../automation/delivery/git.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { branchPattern, githubRepositoryPattern } from "../../../programs/names.ts";

export interface JobSource {
  readonly remote: Remote;
  /** A whole commit, or the branch whose last one it is. */
  readonly commit: string;
}

const wholeCommit = /^[0-9a-f]{40}$/;

/**
 * What a job is to check out, as its variables say.
 *
 * @throws SwitchyardError `invalid-flag` naming the variable.
 */
export function sourceOf(env: NodeJS.ProcessEnv): JobSource {
  const commit = env["SWITCHYARD_COMMIT"] ?? "";
  if (!wholeCommit.test(commit) && !branchPattern.test(commit))
    throw unusable("SWITCHYARD_COMMIT", "it is neither a whole commit nor a branch", "give all 40 digits of a commit");
  const repository = env["GITHUB_REPOSITORY"] ?? "";
  if (!githubRepositoryPattern.test(repository))
    throw unusable("GITHUB_REPOSITORY", "it is no repository of GitHub", "set it to owner/name");
  const server = env["GITHUB_SERVER_URL"] ?? "https://github.com";
  if (!/^(https?|file):\/\//.test(server))
    throw unusable("GITHUB_SERVER_URL", "it is no address", "leave it out: GitHub's own is taken then");
  const token = env["GITHUB_TOKEN"] ?? "";
  if (token === "")
    throw unusable("GITHUB_TOKEN", "it is missing", "have the job definition take it from Secrets Manager");
  return { remote: { url: `${server.replace(/\/$/, "")}/${repository}.git`, token }, commit };
}

function unusable(where: string, what: string, fix: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", { what, where, fix });
}

/**
 * Checks a commit out with its history, which `ci merge` goes back in, and with no other branch and no tag. The token is
 * neither an argument nor in the checkout's settings.
 *
 * @returns the whole commit
 * @throws SwitchyardError `not-found` where the repository has none such, or the token may not read it.
 */
export async function checkOut(directory: string, { remote, commit }: JobSource): Promise<string> {
  await mkdir(directory, { recursive: true });
  const git = (...args: readonly string[]) => gitWith(credentials(remote), directory, ...args);
  await git("init", "--quiet");
  await git("remote", "add", "origin", remote.url);
  const wanted = wholeCommit.test(commit) ? commit : `refs/heads/${commit}`;
  await git("fetch", "--quiet", "--no-tags", "origin", wanted).catch((cause: Error) => {
    if (cause instanceof SwitchyardError) throw cause;
    throw new SwitchyardError("not-found", {
      what: `${remote.url} has no such commit, or the token may not read it`,
      where: commit,
      fix: "push it, or give a token that reads the repository",
      cause,
    });
  });
  await git("checkout", "--quiet", "--detach", "FETCH_HEAD");
  return (await git("rev-parse", "HEAD")).trim();
}

/** Whether two checkouts need the very same packages, and the other has them. */
export async function sameLock(one: string, other: string): Promise<boolean> {
  const lock = (directory: string) => readFile(join(directory, "package-lock.json"), "utf8").catch(() => undefined);
  const [left, right] = await Promise.all([lock(one), lock(other)]);
  return left !== undefined && left === right && existsSync(join(other, "node_modules"));
}

/** Gives a checkout another's packages; those that are part of a checkout are its own. */
export async function linkPackages(directory: string, from: string): Promise<void> {
  const link = async (at: string): Promise<void> => {
    await mkdir(join(directory, at), { recursive: true });
    for (const name of await readdir(join(from, at))) {
      const [path, original] = [join(at, name), join(from, at, name)];
      if (name === ".cache") continue;
      if ((await lstat(original)).isSymbolicLink()) await symlink(await readlink(original), join(directory, path));
      else if (name.startsWith("@")) await link(path);
      else await symlink(original, join(directory, path));
    }
  };
  await link("node_modules");
}
