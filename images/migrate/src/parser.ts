import { setFlagsFromString } from "node:v8";
import { loadModule } from "libpg-query";

/**
 * PostgreSQL's parser, ready to be asked.
 *
 * Its one great function is never handed to V8's optimising compiler: that takes 550 MB for a moment, more than the
 * migration function is given, and more time than every file here takes to be parsed.
 */
export async function loadParser(): Promise<void> {
  for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
  await loadModule();
}
