import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A commit's tree as `git archive` gives it. */
export function archiveOf(files: Readonly<Record<string, string>>): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "switchyard-archive-"));
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd: directory });
  try {
    git("init", "--quiet");
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(directory, name, ".."), { recursive: true });
      writeFileSync(join(directory, name), content);
      if (content.startsWith("#!")) chmodSync(join(directory, name), 0o755);
    }
    symlinkSync("one", join(directory, "link"));
    git("add", ".");
    git("commit", "--quiet", "--message", "files");
    return git("archive", "--format=zip", "HEAD");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
