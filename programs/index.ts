import * as pulumi from "@pulumi/pulumi";
import { configValues } from "./config.ts";
import { runStack } from "./stack.ts";

/** Pulumi's Node runtime calls the default export; what it answers are the stack's outputs. */
// biome-ignore lint/style/noDefaultExport: named exports would have to be the same for every stack
export default function program(): Promise<object> {
  return runStack(pulumi.getStack(), configValues(pulumi.runtime.allConfig(), pulumi.getProject()));
}
