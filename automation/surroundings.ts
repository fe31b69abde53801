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
  /** How far a command gives way to what else runs on this machine, as nice(1) counts it; not at all when absent. */
  readonly niceness?: number;
  /** Asks an environment's address, whose name may be one that only the surroundings know; the usual one when absent. */
  readonly fetch?: typeof fetch;
  /** Directory with Pulumi.yaml and Pulumi.<stack>.yaml as the engine shall see them. */
  workDir(stack: string): Promise<string>;
  /** Environment of the engine. */
  readonly engineEnv: Readonly<Record<string, string>>;
  pulumi(): Promise<PulumiCommand>;
  /** Keeps values given with `--config` for later commands. Answers the file they are in. */
  override(stack: string, values: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
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
