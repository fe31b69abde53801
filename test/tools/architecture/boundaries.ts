/** What dependency-cruiser finds: who imports whom, and what of it .dependency-cruiser.cjs forbids. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../../..");

interface Cruised {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** @throws Error with what dependency-cruiser says when it cannot look. */
export function cruise(directory: string, folders: readonly string[]): Cruised {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const config = join(root, ".dependency-cruiser.cjs");
  const args = [program, "--config", config, "--output-type", "json", ...folders];
  const done = spawnSync(process.execPath, args, { cwd: directory, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (!done.stdout.startsWith("{")) throw new Error(done.stderr || done.stdout);
  return JSON.parse(done.stdout) as Cruised;
}
