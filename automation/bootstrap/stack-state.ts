import type { Surroundings } from "../surroundings.ts";

/** A stack as the engine keeps it (Pulumi's checkpoint, version 3), as far as it is asked for here. */
export interface StackDeployment {
  readonly resources?: readonly {
    readonly urn: string;
    readonly type: string;
    readonly protect?: boolean;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
  }[];
  readonly secrets_providers?: { readonly type?: string; readonly state?: { readonly url?: string } };
}

/** Undefined for a stack that was never made: unlike opening it, this makes none. */
export async function readStackState(where: Surroundings, name: string): Promise<StackDeployment | undefined> {
  const { LocalWorkspace, StackNotFoundError } = await import("@pulumi/pulumi/automation/index.js");
  const [pulumiCommand, workDir] = await Promise.all([where.pulumi(), where.workDir(name)]);
  try {
    const stack = await LocalWorkspace.selectStack(
      { stackName: name, workDir },
      { pulumiCommand, envVars: { ...where.engineEnv } },
    );
    return ((await stack.exportStack()).deployment ?? {}) as StackDeployment;
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
}

/** What the stack exports; undefined before its first update is through. */
export function outputsOf(state: StackDeployment | undefined): Readonly<Record<string, unknown>> | undefined {
  const outputs = state?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
  return outputs === undefined || Object.keys(outputs).length === 0 ? undefined : outputs;
}
