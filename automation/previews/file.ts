import { join } from "node:path";
import { parse, stringify } from "yaml";
import { readIfThere, writeAtomically } from "../files.ts";
import { stackFile } from "../stacks/settings.ts";
import { previewsFile } from "./name.ts";

/**
 * The official engine reads a stack's file itself: a preview environment without one is given what all of them have.
 *
 * @returns the directory
 */
export async function givePreviewFile(directory: string, stack: string): Promise<string> {
  const file = stackFile(directory, stack);
  const template = await readIfThere(join(directory, previewsFile));
  if ((await readIfThere(file)) !== undefined || template === undefined) return directory;
  const { config, secretsprovider, encryptedkey } = (parse(template, { merge: true }) ?? {}) as Record<string, unknown>;
  const kept = Object.entries({ secretsprovider, encryptedkey, config }).filter(([, value]) => value !== undefined);
  await writeAtomically(file, stringify(Object.fromEntries(kept), { aliasDuplicateObjects: false }));
  return directory;
}
