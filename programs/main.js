// Plain JavaScript, as what it checks is whether Node runs TypeScript.
import { RunError } from "@pulumi/pulumi";
import { nodeProblem } from "./node.js";

const problem = nodeProblem();
// Pulumi prints this kind of error as one line.
if (problem) throw new RunError(problem);

// biome-ignore lint/style/noDefaultExport: what Pulumi's Node runtime calls
export default (await import("./index.ts")).default;
