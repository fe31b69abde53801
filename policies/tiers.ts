import type { Rule } from "./rule.ts";

export const tiers = ["production", "development"] as const;
export type Tier = (typeof tiers)[number];

/** How a rule reports in a tier. */
export function levelIn(tier: Tier, rule: Rule): "mandatory" | "advisory" {
  if (tier !== "production" && rule.name in relaxedOutsideProduction) return "advisory";
  return rule.level === "mandatory" || (rule.level === "production" && tier === "production")
    ? "mandatory"
    : "advisory";
}

/** Mandatory rules that only advise outside production, each with its reason. */
export const relaxedOutsideProduction: Readonly<Record<string, string>> = {
  "alb-redirects-http": "an environment without a domain has no certificate, so it can only answer in plain HTTP",
};
