import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { SwitchyardError } from "../programs/errors.ts";

/**
 * Puts a whole file in the place of another in one step: whoever reads it meanwhile finds the one or the other, never a
 * part. A file that says so already is left alone.
 */
export async function writeAtomically(file: string, text: string): Promise<void> {
  if ((await readIfThere(file)) === text) return;
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** A file that cannot be read or written, as an error of the catalogue; undefined for another failure. */
export function fileProblem(error: unknown): SwitchyardError | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || typeof path !== "string" || syscall === undefined) return undefined;
  const what = reasons[code ?? ""];
  if (what === undefined) return undefined;
  const fix = "name a file that can be read and written, or make room and give the right to it";
  return new SwitchyardError("unusable-file", { what: `${what} (${syscall})`, where: path, fix, cause: error });
}

/** POSIX's error codes of files that a person can do something about. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  EACCES: "there is no right to it",
  EPERM: "there is no right to it",
  EROFS: "it is on a file system that is only read",
  ENOSPC: "there is no room left",
  EDQUOT: "there is no room left",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is no directory",
  ENAMETOOLONG: "its name is too long",
  EEXIST: "it is there already",
  EMFILE: "too many files are open",
};

/** What a file says; undefined when there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
