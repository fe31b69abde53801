import { rules } from "../../policies/catalogue.ts";
import type { Severity } from "../../policies/rule.ts";
import { levelIn, type Tier, tiers } from "../../policies/tiers.ts";

export interface ListedPolicy {
  readonly name: string;
  readonly title: string;
  /** What a violation does in each tier. */
  readonly level: Readonly<Record<Tier, "mandatory" | "advisory">>;
  readonly severity: Severity;
  /** Security Hub, Checkov and other control ids. */
  readonly controls: readonly string[];
  /** Resource types it looks at; empty for a rule on any resource. */
  readonly types: readonly string[];
}

export interface PolicyListing {
  readonly rules: readonly ListedPolicy[];
  /** Types the programs use that no rule looks at, sorted. Components and providers are left out. */
  readonly untouchedTypes: readonly string[];
}

/** Every rule of the pack, and which of the types a program uses none of them looks at. */
export function listPolicies(programTypes: Iterable<string>): PolicyListing {
  const touched = new Set<string>(rules.flatMap(({ types }) => types));
  const untouchedTypes = [...new Set(programTypes)].filter((type) => isResource(type) && !touched.has(type)).sort();
  return {
    rules: rules.map((rule) => ({
      name: rule.name,
      title: rule.title,
      level: Object.fromEntries(tiers.map((tier) => [tier, levelIn(tier, rule)])) as ListedPolicy["level"],
      severity: rule.severity,
      controls: rule.controls,
      types: rule.types,
    })),
    untouchedTypes,
  };
}

function isResource(type: string): boolean {
  return /^[a-z0-9-]+:[a-z0-9]+\//i.test(type) && !type.startsWith("pulumi:");
}

/** The listing as lines of text. */
export function renderPolicyListing({ rules: listed, untouchedTypes }: PolicyListing): string {
  const width = Math.max(...listed.map(({ name }) => name.length));
  const lines = listed.map(({ name, level, severity, controls }) => {
    const levels = tiers.map((tier) => `${tier} ${level[tier]}`).join(", ");
    return `${name.padEnd(width)}  ${severity.padEnd(8)}  ${levels}${controls.length > 0 ? `  ${controls.join(" ")}` : ""}`;
  });
  const untouched =
    untouchedTypes.length === 0
      ? ["Every type the programs use has a rule."]
      : ["Types no rule looks at:", ...untouchedTypes.map((type) => `  ${type}`)];
  return [...lines, "", ...untouched, ""].join("\n");
}
