import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { endProcess, isAlive, type ProcessIdentity, processStart } from "../cloud/processes.ts";

/**
 * Makes this process the one that plays the story in a directory. A story that a killed `npm start` left running is
 * ended first.
 */
export async function takeOver(dir: string, write: (text: string) => void): Promise<void> {
  const file = join(dir, "story.json");
  const earlier = await readIdentity(file);
  if (earlier !== undefined && isAlive(earlier)) {
    write(`A story is still being played here (process ${earlier.pid}): ending it.\n`);
    await endProcess(earlier, 20_000);
  }
  const own: ProcessIdentity = { pid: process.pid, processStart: processStart(process.pid) ?? null };
  // In one step: another story that begins reads who plays, or nothing.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(own));
  await rename(draft, file);
}

async function readIdentity(file: string): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, processStart } = JSON.parse(await readFile(file, "utf8"));
    return Number.isInteger(pid) && pid !== process.pid ? { pid, processStart } : undefined;
  } catch {
    return undefined;
  }
}
