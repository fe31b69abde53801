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
