/** Draws the picture of docs/architecture.md anew: `npm run docs`. With `--check`, as `npm run lint` has it, looks whether it is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./boundaries.ts";
import { draw } from "./picture.ts";

export const page = join(root, "docs/architecture.md");

/** @throws Error when the page has no picture to replace. */
export function withPicture(text: string, picture: string): string {
  const old = /```mermaid\n.*?\n```/s;
  if (!old.test(text)) throw new Error(`${page} has no picture`);
  return text.replace(old, () => picture);
}

if (import.meta.main) {
  const old = readFileSync(page, "utf8");
  const drawn = withPicture(old, draw());
  if (!process.argv.includes("--check")) writeFileSync(page, drawn);
  else if (drawn !== old) {
    process.stderr.write(
      "docs/architecture.md: its picture is not that of the code as it is; `npm run docs` draws it anew\n",
    );
    process.exitCode = 1;
  }
}
