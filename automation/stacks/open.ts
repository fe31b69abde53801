import "./lazy-compilers.cjs";
import { join } from "node:path";
import type { OutputMap, Stack } from "@pulumi/pulumi/automation/index.js";
import type { ConfigValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { readStackFile, switchyardValues } from "./settings.ts";

/** For Pulumi's policy runner, which starts anew for every preview: what Node compiled of it and the pack, and no compilers. */
const runnerEnv = {
  NODE_COMPILE_CACHE: join(projectRoot, "node_modules", ".cache", "node"),
  NODE_OPTIONS: [
    process.env["NODE_OPTIONS"] ?? "",
    `--require=${JSON.stringify(join(import.meta.dirname, "lazy-compilers.cjs"))}`,
  ].join(" "),
};

export interface OpenStack {
  readonly name: string;
  readonly stack: Stack;
  readonly values: ConfigValues;
}

/** A stack's configuration as the engine will see it. */
export async function stackValues(where: Surroundings, name: string): Promise<ConfigValues> {
  const dir = await where.workDir(name);
  return switchyardValues((await readStackFile(dir, name)).config);
}

/** Opens a stack for the Automation API, its program run in this process. Creates the stack when it is new. */
export async function openStack(where: Surroundings, name: string): Promise<OpenStack> {
  const values = await stackValues(where, name);
  await validateConfig(name, values);
  const [{ LocalWorkspace }, pulumiCommand, workDir] = await Promise.all([
    import("@pulumi/pulumi/automation/index.js"),
    where.pulumi(),
    where.workDir(name),
  ]);
  // Only where a program is run: the programs import the whole AWS SDK for Pulumi.
  const program = async () => {
    const { runStack } = await import("../../programs/stack.ts");
    return runStack(name, values);
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: "switchyard", program },
    { workDir, pulumiCommand, envVars: { ...runnerEnv, ...where.engineEnv } },
  );
  return { name, stack, values };
}

/** Bad configuration is said in one line, before an engine starts. */
export async function validateConfig(name: string, values: ConfigValues): Promise<void> {
  const config = await import("../../programs/config.ts");
  switch (config.programOf(name, values)) {
    case "environment":
      config.environmentConfig(name, values);
      return;
    case "pipeline":
      config.pipelineConfig(name, values);
      return;
    case "images":
      config.imagesConfig(name, values);
  }
}

/** Outputs as plain values. Secret outputs are left out: no command may print one. */
export function plainOutputs(outputs: OutputMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).flatMap(([k, v]) => (v.secret ? [] : [[k, v.value as unknown]])));
}

/** What a stack exports. @throws SwitchyardError `not-found` when it has never been applied. */
export async function readOutputs(where: Surroundings, name: string): Promise<Record<string, unknown>> {
  const { stack } = await openStack(where, name);
  const outputs = plainOutputs(await stack.outputs());
  if (Object.keys(outputs).length > 0) return outputs;
  throw new SwitchyardError("not-found", {
    what: "it has no outputs yet",
    where: `stack ${name}`,
    fix: `run \`switchyard up ${name}\` first`,
  });
}
