/** Notes on commits: what was done with each, kept in git itself and read without GitHub: `git log --notes=switchyard`. */
import { z } from "zod";
import { auditHead, type Witness } from "../ledger/chain.ts";
import { credentials, gitWith, type Remote } from "./git.ts";

const name = "switchyard";
const ref = `refs/notes/${name}`;

/** As often as another push may come between ours and what it follows. */
const attempts = 8;

/**
 * Adds a line to a commit's note, after what was noted before, and pushes it; one that is there already stays alone.
 *
 * @throws Error as git puts it, where the repository cannot be written.
 */
export async function addNote(directory: string, remote: Remote, commit: string, line: object): Promise<void> {
  const git = (...args: readonly string[]) => gitWith(credentials(remote), directory, ...args);
  const text = JSON.stringify(line);
  for (let attempt = 1; ; attempt++) {
    if ((await git("ls-remote", remote.url, ref)) !== "") await git("fetch", "--quiet", remote.url, `+${ref}:${ref}`);
    const noted = await git("notes", `--ref=${name}`, "show", commit).catch(() => "");
    // Of a run that was killed after its push, or before it.
    if (!noted.split("\n").includes(text)) await git("notes", `--ref=${name}`, "append", "-m", text, commit);
    try {
      await git("push", "--quiet", remote.url, `${ref}:${ref}`);
      return;
    } catch (error) {
      // Somebody else has noted something since it was fetched: after that, then.
      if (attempt === attempts || !/rejected|fetch first|cannot lock ref/.test((error as Error).message)) throw error;
    }
  }
}

const noted = z.looseObject({ stack: z.string(), audit: auditHead });

/** The heads of a stack's audit that the notes of this checkout tell of; none where it has no notes. */
export async function notedHeads(directory: string, stack: string): Promise<readonly Witness[]> {
  const list = await gitWith({}, directory, "notes", `--ref=${name}`, "list").catch(() => "");
  const commits = list.split("\n").flatMap((line) => line.split(" ")[1] ?? []);
  const notes = commits.map(async (commit) => {
    const text = await gitWith({}, directory, "notes", `--ref=${name}`, "show", commit);
    return headsIn(text, stack).map((head) => ({ ...head, where: `note on ${commit.slice(0, 12)}` }));
  });
  return (await Promise.all(notes)).flat();
}

/** Lines that others have written are none of these. */
export function headsIn(text: string, stack: string): readonly z.infer<typeof auditHead>[] {
  return text.split("\n").flatMap((line) => {
    try {
      const found = noted.safeParse(JSON.parse(line)).data;
      return found?.stack === stack ? [found.audit] : [];
    } catch {
      return [];
    }
  });
}
