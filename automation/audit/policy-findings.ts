import { rules } from "../../policies/catalogue.ts";
import { activeExceptions } from "../../policies/exceptions.ts";
import { exceptionsRule } from "../../policies/exceptions-rule.ts";
import { parseMessage, ruleUrl } from "../../policies/message.ts";
import type { Rule } from "../../policies/rule.ts";
import type { Violation } from "../stacks/update.ts";

/** A violation with what the pack knows of its rule. Violations of other packs keep their message and nothing else. */
export interface Finding {
  readonly rule: string;
  readonly kind: "violation" | "undecided" | "excepted";
  readonly level: "mandatory" | "advisory";
  readonly severity: string;
  readonly controls: readonly string[];
  readonly title: string;
  /** What is wrong, naming the property; for an exception also until when, by whom and why. */
  readonly what: string;
  readonly fix: string;
  readonly url: string;
}

export interface ResourceFindings {
  /** Empty when the findings are about the stack as a whole. */
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  /** Mandatory ones first. */
  readonly findings: readonly Finding[];
}

const catalogue: ReadonlyMap<string, Rule> = new Map(
  [...rules, exceptionsRule(activeExceptions([], new Date(0)), [])].map((rule) => [rule.name, rule]),
);

export function ruleOf(name: string): Rule | undefined {
  return catalogue.get(name);
}

/** Violations by resource: those with mandatory ones first, then in the order of their URNs. */
export function byResource(violations: readonly Violation[]): readonly ResourceFindings[] {
  const grouped = Object.entries(Object.groupBy(violations, ({ urn }) => urn));
  return grouped
    .map(([urn, list = []]) => ({ ...resourceOf(urn), urn, findings: list.map(findingOf).sort(byGravity) }))
    .sort((a, b) => gravity(a.findings[0]) - gravity(b.findings[0]) || (a.urn < b.urn ? -1 : 1));
}

function findingOf({ policy, message, level, severity }: Violation): Finding {
  const rule = catalogue.get(policy);
  const parts = parseMessage(message);
  const [title = policy, ...rest] = message.trim().split("\n");
  return {
    rule: policy,
    kind: parts?.kind ?? "violation",
    level: level === "mandatory" ? "mandatory" : "advisory",
    severity: severity ?? rule?.severity ?? "medium",
    controls: rule?.controls ?? [],
    title: rule?.title ?? title,
    what: parts?.what ?? (rest.join(" ") || title),
    fix: parts?.fix ?? rule?.fix ?? "",
    url: parts?.url ?? (rule === undefined ? "" : ruleUrl(rule)),
  };
}

function resourceOf(urn: string): { readonly name: string; readonly type: string } {
  if (urn === "") return { name: "the stack", type: "" };
  const [, , types = "", ...name] = urn.split("::");
  return { name: name.join("::"), type: types.split("$").at(-1) ?? types };
}

const severities = ["critical", "high", "medium", "low"];

function gravity(finding: Finding | undefined): number {
  if (finding === undefined) return 1000;
  const kinds = { violation: 0, excepted: 200, undecided: 400 };
  return kinds[finding.kind] + (finding.level === "mandatory" ? 0 : 100) + severities.indexOf(finding.severity);
}

function byGravity(a: Finding, b: Finding): number {
  return gravity(a) - gravity(b) || (a.rule < b.rule ? -1 : 1);
}

export interface FindingCounts {
  readonly mandatory: number;
  readonly advisory: number;
  readonly excepted: number;
  /** Rules left to the update because a value is not known yet. */
  readonly undecided: number;
}

export function countFindings(resources: readonly ResourceFindings[]): FindingCounts {
  const all = resources.flatMap(({ findings }) => findings);
  const violations = all.filter(({ kind }) => kind === "violation");
  const mandatory = violations.filter(({ level }) => level === "mandatory").length;
  return {
    mandatory,
    advisory: violations.length - mandatory,
    excepted: all.filter(({ kind }) => kind === "excepted").length,
    undecided: all.filter(({ kind }) => kind === "undecided").length,
  };
}
