import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "./errors.ts";

/** Puts a whole file, for its owner alone, in the place of another in one step: nobody reads a part of it. */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    const fix = "Make room or fix the directory's permissions, then run the command again";
    throw new EngineError("invalid-state", { where: path, what: "cannot be written", fix, cause });
  }
}
