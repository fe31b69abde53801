import * as pulumi from "@pulumi/pulumi";
import { configValues } from "./config.ts";
import { SwitchyardError } from "./errors.ts";
import { runStack } from "./stack.ts";

/** Pulumi's Node runtime calls the default export; what it answers are the stack's outputs. */
// biome-ignore lint/style/noDefaultExport: named exports would have to be the same for every stack
export default async function program(): Promise<object> {
  try {
    refuseEncrypted(`${pulumi.getProject()}:services`);
    return await runStack(pulumi.getStack(), configValues(pulumi.runtime.allConfig(), pulumi.getProject()));
  } catch (error) {
    // Pulumi prints this kind of error as one line, every other one with its stack.
    if (error instanceof SwitchyardError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** Pulumi hands an encrypted value over in plain, and says only that a key holds one: a service's would be in its task definition. */
function refuseEncrypted(key: string): void {
  // Beyond the SDK's published types.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };
  if (isConfigSecret?.(key) !== true) return;
  throw new SwitchyardError("invalid-config", {
    what: "it holds an encrypted value (secure:), which would be decrypted into a task definition",
    where: key,
    fix: "Name a key of the service's secret under its secrets instead, and put the value into Secrets Manager",
  });
}
