import type { Violation } from "../stacks/update.ts";
import {
  byResource,
  countFindings,
  type Finding,
  type FindingCounts,
  type ResourceFindings,
} from "./policy-findings.ts";
import { sarif } from "./policy-sarif.ts";

export const policyReportFormats = ["terminal", "markdown", "sarif", "json"] as const;
export type PolicyReportFormat = (typeof policyReportFormats)[number];

/** Whether the update must not go ahead. */
export function blocks(violations: readonly Violation[]): boolean {
  return violations.some(({ level }) => level === "mandatory");
}

/** What the policy pack said, by resource, with fix and link: counts first, what blocks before what advises. */
export function renderPolicyReport(violations: readonly Violation[], format: PolicyReportFormat): string {
  const resources = byResource(violations);
  const counts = countFindings(resources);
  switch (format) {
    case "terminal":
      return terminal(resources, counts);
    case "markdown":
      return markdown(resources, counts);
    case "sarif":
      return `${JSON.stringify(sarif(resources), undefined, 2)}\n`;
    case "json":
      return `${JSON.stringify({ counts, resources }, undefined, 2)}\n`;
  }
}

/** `2 mandatory, 5 advisory, 1 excepted, 3 decided at update`. */
export function renderCounts({ mandatory, advisory, excepted, undecided }: FindingCounts): string {
  const parts = [`${mandatory} mandatory`, `${advisory} advisory`];
  if (excepted > 0) parts.push(`${excepted} excepted`);
  if (undecided > 0) parts.push(`${undecided} decided at update`);
  return parts.join(", ");
}

function terminal(resources: readonly ResourceFindings[], counts: FindingCounts): string {
  const lines = [`Policies: ${renderCounts(counts)}`];
  for (const { name, type, findings } of resources) {
    lines.push("", type === "" ? name : `${name}  ${type}`);
    for (const one of decided(findings)) {
      lines.push(`  ${mark(one)} ${one.rule} (${one.severity}): ${one.what}`);
      if (one.kind === "violation") lines.push(`      fix: ${one.fix}`, `      see: ${one.url}`);
    }
    const later = undecided(findings);
    if (later.length > 0) lines.push(`  ? decided at update: ${later.join(", ")}`);
  }
  return `${lines.join("\n")}\n`;
}

function mark({ kind, level }: Finding): string {
  if (kind === "excepted") return "exception";
  return level === "mandatory" ? "MANDATORY" : "advisory";
}

function markdown(resources: readonly ResourceFindings[], counts: FindingCounts): string {
  const lines = [`**Policies: ${renderCounts(counts)}**`];
  const [blocking, advising] = [true, false].map((wanted) =>
    resources.filter(({ findings }) => findings.some(({ level }) => level === "mandatory") === wanted),
  );
  for (const resource of blocking ?? []) lines.push("", ...markdownOf(resource));
  if ((advising ?? []).length > 0) {
    lines.push("", "<details><summary>Advice, exceptions and what is decided at update</summary>");
    for (const resource of advising ?? []) lines.push("", ...markdownOf(resource));
    lines.push("", "</details>");
  }
  return `${lines.join("\n")}\n`;
}

function markdownOf({ name, type, findings }: ResourceFindings): string[] {
  const lines = [`#### ${code(name)}${type === "" ? "" : ` ${code(type)}`}`, ""];
  for (const one of decided(findings)) {
    const icon = one.kind === "excepted" ? "⏳" : one.level === "mandatory" ? "❌" : "⚠️";
    const rule = one.url === "" ? code(one.rule) : `[${code(one.rule)}](${one.url})`;
    const fix = one.kind === "violation" && one.fix !== "" ? ` **Fix:** ${escaped(one.fix)}` : "";
    lines.push(`- ${icon} ${rule} (${one.severity}): ${escaped(one.what)}.${fix}`);
  }
  const later = undecided(findings);
  if (later.length > 0) lines.push(`- ❔ Decided at update: ${later.map(code).join(", ")}`);
  return lines;
}

function decided(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ kind }) => kind !== "undecided");
}

function undecided(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ kind }) => kind === "undecided").map(({ rule }) => rule);
}

// Names come from code under review: they must not format the comment, or mention anybody.
function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("\n", " ")}\``;
}

function escaped(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|#]/g, "\\$&")
    .replaceAll("@", "@\u200b")
    .replaceAll("\n", " ");
}
