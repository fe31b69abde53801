import { rules } from "./catalogue.ts";
import { levelIn, type Tier } from "./tiers.ts";

/** The pack configuration of a tier, as `--policy-pack-config` reads it: what differs from each rule's own level. */
export function packConfig(tier: Tier): Record<string, { enforcementLevel: "mandatory" | "advisory" }> {
  const differing = rules.filter(
    (rule) => levelIn(tier, rule) !== (rule.level === "mandatory" ? "mandatory" : "advisory"),
  );
  return Object.fromEntries(differing.map((rule) => [rule.name, { enforcementLevel: levelIn(tier, rule) }]));
}
