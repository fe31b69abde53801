#!/usr/bin/env node
// Plain JavaScript: the cache of compiled code has to be on before the first file whose types are to be stripped.
import module from "node:module";
import { join } from "node:path";
import { nodeProblem } from "../programs/node.js";

const problem = nodeProblem();
if (problem) {
  console.error(problem);
  // `missing-tool` of docs/errors.md
  process.exit(12);
}
module.enableCompileCache?.(join(import.meta.dirname, "..", "node_modules", ".cache", "switchyard"));
await import("./cli.ts");
