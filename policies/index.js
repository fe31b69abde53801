// Whatever Node there is loads this file: what older ones lack is asked for, not imported by name.
import module from "node:module";
import { fileURLToPath } from "node:url";
import { RunError } from "@pulumi/pulumi";
import { nodeProblem } from "../programs/node.js";

const problem = nodeProblem();
// Pulumi prints this kind of error as one line.
if (problem) throw new RunError(problem);

// Engines stop a pack without letting it end, so what Node compiled is kept as soon as the pack serves.
module.enableCompileCache?.(fileURLToPath(new URL("../node_modules/.cache/policies", import.meta.url)));
import("./pack.ts").then(() => module.flushCompileCache?.());
