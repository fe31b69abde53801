import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ProgramName, programOf } from "../../programs/config.ts";
import { readStackFile, switchyardValues } from "../stacks/settings.ts";
import { type Checkout, stackOfFile } from "./affected.ts";

/** The stacks that have a file in a checkout, with their programs, and the images it builds. */
export async function readCheckout(directory: string): Promise<Checkout> {
  const stacks = (await readdir(directory)).flatMap((file) => stackOfFile(file) ?? []);
  const programs = stacks.map(async (stack): Promise<[string, ProgramName]> => {
    const { config } = await readStackFile(directory, stack);
    return [stack, programOf(stack, switchyardValues(config))];
  });
  const folders = await readdir(join(directory, "images"), { withFileTypes: true }).catch(() => []);
  const images = folders.filter((entry) => existsSync(join(directory, "images", entry.name, "Dockerfile")));
  return { stacks: Object.fromEntries(await Promise.all(programs)), images: images.map(({ name }) => name).sort() };
}
