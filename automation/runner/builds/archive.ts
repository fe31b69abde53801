import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SwitchyardError } from "../../../programs/errors.ts";

const run = promisify(execFile);

/** A checkout's last commit. */
export interface Archive {
  readonly commit: string;
  /** Its tree, as a ZIP archive: the one form in which AWS CodeBuild takes a source from S3. */
  readonly zip: Buffer;
  /** Files that differ from it here, which are not in it. */
  readonly changed: readonly string[];
}

/** Of a whole repository; the archive is held in memory. */
const mostBytes = 1024 ** 3;

/** @throws SwitchyardError `invalid-flag` where the directory is no checkout of a commit. */
export async function archiveOf(directory: string): Promise<Archive> {
  const git = async (...args: readonly string[]) =>
    (await run("git", [...args], { cwd: directory, encoding: "buffer", maxBuffer: mostBytes })).stdout;
  try {
    const commit = (await git("rev-parse", "--verify", "HEAD")).toString().trim();
    const [zip, status] = await Promise.all([
      git("archive", "--format=zip", commit),
      git("status", "--porcelain", "--", "."),
    ]);
    const changed = status
      .toString()
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [line.slice(3)]));
    return { commit, zip, changed };
  } catch (cause) {
    throw new SwitchyardError("invalid-flag", {
      what: "a remote build takes what is committed, and this is no checkout of a commit",
      where: "--remote",
      fix: "run it in a clone of the repository, with what is to be built committed",
      cause,
    });
  }
}
