import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { SwitchyardError } from "../programs/errors.ts";

export const projectRoot = resolve(import.meta.dirname, "..");

/** Where the driver works: the account in the environment, or the sandbox on this machine. */
export interface Surroundings {
  readonly name: "aws" | "sandbox";
  /** Scales every wait: 1 is real time. */
  readonly pace: number;
  /** Shortest time a silent lease holder is given, in milliseconds. */
  readonly leaseMs: number;
  /** One AWS call's deadline in milliseconds; shorter than `leaseMs`, so that no call outlives a takeover. */
  readonly deadlineMs: number;
  /** How long changed weights may take to be seen, in milliseconds. */
  readonly propagationMs: number;
  /** Directory with Pulumi.yaml and Pulumi.<stack>.yaml as the engine shall see them. */
  workDir(stack: string): Promise<string>;
  /** Environment of the engine. */
  readonly engineEnv: Readonly<Record<string, string>>;
  pulumi(): Promise<PulumiCommand>;
  /** Values given with `--config`, kept for later commands. */
  override(stack: string, values: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Chooses by `SWITCHYARD_SANDBOX=1` (or `--sandbox`); anything else is the real account. */
export async function surroundings(): Promise<Surroundings> {
  if (process.env["SWITCHYARD_SANDBOX"] === "1") {
    const { sandboxSurroundings } = await import("./sandbox.ts");
    return sandboxSurroundings();
  }
  return awsSurroundings();
}

function awsSurroundings(): Surroundings {
  return {
    name: "aws",
    pace: 1,
    leaseMs: 30_000,
    deadlineMs: 10_000,
    propagationMs: 60_000,
    workDir: async () => projectRoot,
    engineEnv: {},
    pulumi: async () => {
      const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
      return PulumiCommand.get().catch(() => PulumiCommand.install().catch(withoutPulumi));
    },
    override: async (stack, values) => {
      const { writeStackValues } = await import("./stacks/settings.ts");
      await writeStackValues(projectRoot, stack, values);
    },
    close: async () => undefined,
  };
}

/** @throws SwitchyardError `missing-tool`, always. */
export function withoutPulumi(cause: unknown): never {
  throw new SwitchyardError("missing-tool", {
    what: "there is no usable Pulumi CLI on PATH",
    where: "pulumi",
    fix: "install it (https://www.pulumi.com/docs/install/) and run the command again",
    cause,
  });
}

/** This version of Switchyard, from package.json. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(resolve(projectRoot, "package.json"), "utf8")) as { version: string }).version;
}
