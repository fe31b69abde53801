import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type StackConfig, switchyardValues } from "../../automation/stacks/settings.ts";
import { type ConfigValues, type EnvironmentConfig, environmentConfig } from "../../programs/config.ts";
import type { ReleaseDocument } from "../../programs/release.ts";
import { digestOf } from "./mocks.ts";

/** The least an environment needs, as configuration values. */
export function values(): { tier: string; services: Record<string, Record<string, unknown>> } & ConfigValues {
  return {
    tier: "development",
    services: {
      web: { path: "/", priority: 900, healthCheck: { path: "/healthz" }, environment: { GREETING: "hello" } },
      api: {
        path: "/api",
        priority: 100,
        healthCheck: { path: "/api/healthz" },
        database: true,
        secrets: { STRIPE_KEY: "stripe" },
      },
    },
  };
}

export function config(change: Partial<ConfigValues> = {}, stack = "sandbox"): EnvironmentConfig {
  return environmentConfig(stack, { ...values(), ...change });
}

const staged = (name: string) => ({ next: { digest: digestOf(name), version: "v1" } });

/** A ledger that stages an image of everything. */
export const release: ReleaseDocument = {
  format: 1,
  revision: 1,
  services: { web: staged("web"), api: staged("api") },
  migrate: staged("migrate"),
};

/** The least a runner needs, as configuration values. */
export const runnerValues: ConfigValues = {
  image: digestOf("runner"),
  repository: "acme/switchyard",
  githubTokenSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/github-a1b2c3",
};

/** A whole organization, as the repository's own file has it. */
export function organizationValues(): ConfigValues {
  const file = parse(readFileSync(new URL("../../Pulumi.organization.yaml", import.meta.url), "utf8"));
  return switchyardValues((file as { config: StackConfig }).config);
}
