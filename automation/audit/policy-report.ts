import type { Judged } from "../guard/environment.ts";
import { type Finding as Migration, placeOf } from "../migrations/rule.ts";
import type { Violation } from "../stacks/update.ts";
import { markdownOfGuard } from "./guard-report.ts";
import { code, escaped } from "./markdown.ts";
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

const nothingJudged: Judged = { findings: [], routes: [] };

/** Whether the update must not go ahead. */
export function blocks(violations: readonly Violation[]): boolean {
  return violations.some(({ level }) => level === "mandatory");
}

/**
 * What the policy pack said, by resource, with fix and link: counts first, what blocks before what advises. What would
 * disrupt what serves, and what is refused of the migrations, follow; on a terminal plain `plan` says the one, and the command's own error the other.
 */
export function renderPolicyReport(
  violations: readonly Violation[],
  format: PolicyReportFormat,
  { migrations = [], judged = nothingJudged }: { migrations?: readonly Migration[]; judged?: Judged } = {},
): string {
  const resources = byResource(violations);
  const counts = countFindings(resources);
  switch (format) {
    case "terminal":
      return terminal(resources, counts);
    case "markdown":
      return `${markdown(resources, counts)}${markdownOfGuard(judged)}${markdownOfMigrations(migrations)}`;
    case "sarif":
      return `${JSON.stringify(sarif(resources, migrations), undefined, 2)}\n`;
    case "json":
      return `${JSON.stringify({ counts, resources, migrations, ...judged }, undefined, 2)}\n`;
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

/** Migrations that break a rule, as the report on a pull request lists them; nothing where none does. */
function markdownOfMigrations(findings: readonly Migration[]): string {
  if (findings.length === 0) return "";
  const lines = findings.map((one) => `- ❌ ${code(placeOf(one))}: ${escaped(one.what)}. **Fix:** ${escaped(one.fix)}`);
  return `\n**Migrations: ${findings.length} refused**\n\n${lines.join("\n")}\n`;
}
