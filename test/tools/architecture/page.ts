/** Draws the picture of docs/architecture.md anew: `npm run docs`. */
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

if (import.meta.main) writeFileSync(page, withPicture(readFileSync(page, "utf8"), draw()));
