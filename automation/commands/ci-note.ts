import { readFile } from "node:fs/promises";
import { SwitchyardError } from "../../programs/errors.ts";
import { withCommit } from "../delivery/git.ts";
import { addNote } from "../delivery/notes.ts";
import { openGithub } from "../github/client.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface CiNoteFlags extends CommonFlags {
  /** File of JSON: what another job wrote. */
  readonly from: string;
}

/** Adds a line to the note of the commit a workflow runs for: a job of its own does, as it may write to the repository. */
export function ciNote(flags: CiNoteFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const line = lineOf(await readFile(flags.from, "utf8"));
    const commit = commitHash(process.env["GITHUB_SHA"]);
    const github = openGithub(process.env, where.pace, out.line);
    const remote = { url: `${github.url}.git`, token: await github.token() };
    await withCommit(remote, commit, (repository) => addNote(repository, remote, commit, line));
    out.line(`noted on ${commit.slice(0, 12)}`);
    out.document({ commit, noted: line });
  });
}

function lineOf(text: string): object {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
  if (typeof read === "object" && read !== null) return read;
  throw notJson();
}

function notJson(cause?: unknown): SwitchyardError {
  return new SwitchyardError("invalid-flag", {
    what: "the file holds no JSON object or list",
    where: "--from",
    fix: "name a file such as `switchyard history <stack> --json` writes",
    cause,
  });
}

function commitHash(given: string | undefined): string {
  if (given !== undefined && /^[0-9a-f]{40}$/.test(given)) return given;
  throw new SwitchyardError("invalid-flag", {
    what: "nothing says which commit it is about",
    where: "GITHUB_SHA",
    fix: "set it to the commit's whole hash; a workflow of GitHub Actions has it",
  });
}
