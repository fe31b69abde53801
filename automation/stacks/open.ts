import "./lazy-compilers.cjs";
import type { OutputMap, Stack, LocalWorkspace as Workspace } from "@pulumi/pulumi/automation/index.js";
import type { ConfigValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { mergeStackValues } from "../../programs/stack-values.ts";
import { SdkAws } from "../aws/clients.ts";
import { regionOf } from "../aws/region.ts";
import type { Surroundings } from "../surroundings.ts";
import { remaking, selectOrMake } from "./made.ts";
import { type PackKeeper, packKeeper } from "./pack/keep.ts";
import { decrypted } from "./secure.ts";
import { readStackFile, type StackConfig, switchyardValues } from "./settings.ts";
import { type StateBucket, stateBucketOf, statesIn } from "./state-bucket.ts";

/** As Pulumi.yaml calls it. */
const project = "switchyard";

export interface OpenStack {
  readonly name: string;
  readonly stack: Stack;
  readonly pack: PackKeeper;
  readonly values: ConfigValues;
  /** Has the prices at hand that a maximum for its month is judged by; absent where its configuration has none. */
  readonly prices?: () => Promise<void>;
  /** What the program itself refused in its last run: the engine's own words say it less well. */
  readonly refusal: () => SwitchyardError | undefined;
}

/** A stack's configuration as its file has it, what is encrypted there decrypted. */
export async function stackConfig(where: Surroundings, name: string): Promise<StackConfig> {
  return decrypted(where, name, (await readStackFile(await where.workDir(name), name)).config);
}

/** A stack's configuration as the engine will see it, with what is laid over it. */
export async function stackValues(where: Surroundings, name: string, over: StackConfig = {}): Promise<ConfigValues> {
  return switchyardValues(mergeStackValues(await stackConfig(where, name), over));
}

/**
 * Opens a stack for the Automation API, its program run in this process. Makes the stack when it is new; what the command
 * then only looked at is taken away at its end (made.ts).
 *
 * @param over values that the program gets beside those of the stack's file, for as long as it is open
 */
export async function openStack(where: Surroundings, name: string, over: StackConfig = {}): Promise<OpenStack> {
  const values = await stackValues(where, name, over);
  await validateConfig(name, values);
  const [{ LocalWorkspace }, pulumiCommand, workDir, AWS_REGION, pack] = await Promise.all([
    import("@pulumi/pulumi/automation/index.js"),
    where.pulumi(),
    where.workDir(name),
    regionOf(where, name),
    packKeeper(),
  ]);
  const forPack = { SWITCHYARD_PRICES: workDir, SWITCHYARD_OVER: JSON.stringify(over) };
  // Only where a program is run: the programs import the whole AWS SDK for Pulumi.
  let refused: SwitchyardError | undefined;
  const program = async () => {
    const { runStack } = await import("../../programs/stack.ts");
    refused = undefined;
    return runStack(name, values).catch((error: unknown) => {
      if (error instanceof SwitchyardError) refused = error;
      throw error;
    });
  };
  const workspace: Workspace = await LocalWorkspace.create({
    ...{ workDir, program },
    pulumiCommand: remaking(pulumiCommand, name, () => selectOrMake(where, name, workspace)),
    envVars: { ...pack.env, ...where.engineEnv, AWS_REGION, ...forPack },
  });
  const stack = await selectOrMake(where, name, workspace);
  const readPrices = async () => {
    const { readPricesOnce } = await import("./prices.ts");
    const connect = () => new SdkAws({ region: AWS_REGION, deadlineMs: where.deadlineMs, budget: 1_000, reserve: 0 });
    await readPricesOnce({ name, values, region: AWS_REGION, directory: workDir }, connect);
  };
  const prices = values["cost"] === undefined ? undefined : readPrices;
  return { name, stack, pack, values, ...(prices && { prices }), refusal: () => refused };
}

/** The names of all stacks there is a state of. @param any a stack that this checkout has a file of */
export async function standingStacks(where: Surroundings, any: string): Promise<readonly string[]> {
  const bucket = stateBucketOf(where.engineEnv["PULUMI_BACKEND_URL"] ?? process.env["PULUMI_BACKEND_URL"]);
  if (bucket !== undefined) return listedIn(where, any, bucket);
  const [{ LocalWorkspace }, pulumiCommand, workDir] = await Promise.all([
    import("@pulumi/pulumi/automation/index.js"),
    where.pulumi(),
    where.workDir(any),
  ]);
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand, envVars: { ...where.engineEnv } });
  // A name may come with its organization and project.
  return (await workspace.listStacks()).map(({ name }) => name.split("/").at(-1) ?? name).sort();
}

/** Roles of the workflows may read the states of some stacks, and the names of all. */
async function listedIn(where: Surroundings, any: string, bucket: StateBucket): Promise<readonly string[]> {
  const region = bucket.region ?? (await regionOf(where, any));
  const aws = new SdkAws({ region, deadlineMs: where.deadlineMs, budget: 1_000, reserve: 0 });
  try {
    return await statesIn(await aws.client("s3"), bucket, project);
  } finally {
    aws.close();
  }
}

/** Bad configuration is said in one line, before an engine starts. */
export async function validateConfig(name: string, values: ConfigValues): Promise<void> {
  const config = await import("../../programs/config.ts");
  switch (config.programOf(name, values)) {
    case "environment":
      config.environmentConfig(name, values);
      return;
    case "organization":
      config.organizationConfig(name, values);
      return;
    case "pipeline":
      config.pipelineConfig(name, values);
      return;
    case "registry":
      config.registryConfig(name, values);
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
