import * as pulumi from "@pulumi/pulumi";
import { configValues } from "./config.ts";
import { SwitchyardError } from "./errors.ts";
import { runStack } from "./stack.ts";

/** Pulumi's Node runtime calls the default export; what it answers are the stack's outputs. */
// biome-ignore lint/style/noDefaultExport: named exports would have to be the same for every stack
export default async function program(): Promise<object> {
  try {
    return await runStack(pulumi.getStack(), configValues(pulumi.runtime.allConfig(), pulumi.getProject()));
  } catch (error) {
    // Pulumi prints this kind of error as one line, every other one with its stack.
    if (error instanceof SwitchyardError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
