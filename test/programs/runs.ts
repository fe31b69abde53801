import type * as pulumi from "@pulumi/pulumi";
import type { ConfigValues } from "../../programs/config.ts";
import { type EnvironmentOutput, type EnvironmentOutputs, environment } from "../../programs/environment.ts";
import { config, release } from "./fixtures.ts";
import { type Resources, run, type World } from "./mocks.ts";

export interface EnvironmentRun {
  readonly outputs: EnvironmentOutputs;
  readonly resources: Resources;
}

/** What only production has, beside its tier. */
const productionValues: ConfigValues = {
  tier: "production",
  domain: { name: "app.example.com", zoneId: "Z0123456789" },
  monitoring: { email: "oncall@example.com" },
  mail: { domain: "mail.example.com", zoneId: "Z0123456789" },
  files: { cdn: {} },
};

const runs = new Map<string, Promise<EnvironmentRun>>();

/** A whole environment of a tier with an image of everything staged; run once, however many tests look at it. */
export function environmentOf(tier: "development" | "production"): Promise<EnvironmentRun> {
  const known = runs.get(tier);
  if (known !== undefined) return known;
  const running = runEnvironment(tier === "production" ? productionValues : {}, tier);
  runs.set(tier, running);
  return running;
}

export async function runEnvironment(
  change: ConfigValues,
  stack = "sandbox",
  document?: string,
  world: World = {},
): Promise<EnvironmentRun> {
  const { outputs, resources } = await run<EnvironmentOutput>(
    stack,
    { release: document ?? JSON.stringify(release), ...world },
    () => environment(config(change, stack)),
  );
  return { outputs: outputs as pulumi.Unwrap<EnvironmentOutputs>, resources };
}

interface Statement {
  readonly Effect?: string;
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** The statements of a policy document given as JSON. */
export function statements(policy: unknown): readonly Statement[] {
  return (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement;
}

/** The first container of a task definition. */
export function container(definitions: unknown): Record<string, unknown> {
  const [first] = JSON.parse(String(definitions)) as Record<string, unknown>[];
  if (first === undefined) throw new Error("no container");
  return first;
}
