import { createHash } from "node:crypto";
import { ruleUrl } from "../../policies/message.ts";
import type { Finding as Migration } from "../migrations/rule.ts";
import { type Finding, type ResourceFindings, ruleOf } from "./policy-findings.ts";

// GitHub code scanning, "SARIF support": the number that gives an alert its severity.
const securitySeverity: Readonly<Record<string, string>> = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.0" };

/** Where alerts are shown: a policy speaks of a resource, and a resource has no line; the programs' entry has all. */
const source = "programs/index.ts";

const directory = "migrations";

/** The findings as a SARIF 2.1.0 log, for code scanning, and what is refused of migrations with its line. */
export function sarif(resources: readonly ResourceFindings[], migrations: readonly Migration[] = []): object {
  const findings = resources.flatMap((resource) => resource.findings.map((finding) => ({ resource, finding })));
  const ids = [...findings.map(({ finding }) => finding.rule), ...migrations.map(idOf)];
  const names = [...new Set(ids)].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "switchyard policies",
            informationUri: "https://www.pulumi.com/docs/insights/policy/",
            rules: names.map(describe),
          },
        },
        results: [
          ...findings.map(({ resource, finding }) => result(resource, finding, names.indexOf(finding.rule))),
          ...migrations.map((one) => migrationResult(one, names.indexOf(idOf(one)))),
        ],
      },
    ],
  };
}

/** A log with a run for each stack: code scanning takes one upload of several, told apart by `automationDetails`. */
export function sarifOfStacks(
  stacks: readonly {
    readonly stack: string;
    readonly resources: readonly ResourceFindings[];
    readonly migrations: readonly Migration[];
  }[],
): object {
  const logs = stacks.map(({ stack, resources, migrations }) => {
    const { runs } = sarif(resources, migrations) as { readonly runs: readonly object[] };
    return runs.map((run) => ({ ...run, automationDetails: { id: `policies-${stack}/` } }));
  });
  return { ...sarif([]), runs: logs.flat() };
}

function idOf({ rule }: Migration): string {
  return `migration/${rule}`;
}

/** Alerts of a line are told apart by it; a file that cannot be read has none. */
function migrationResult(one: Migration, ruleIndex: number): object {
  const { file, line, column, what, fix } = one;
  const uri = file === directory ? directory : `${directory}/${file}`;
  const region = { startLine: line ?? 1, ...(column !== undefined && { startColumn: column }) };
  const place = `${file} ${idOf(one)} ${what}`;
  return {
    ...{ ruleId: idOf(one), ruleIndex, level: "error", message: { text: `${what}. Fix: ${fix}` } },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region } }],
    partialFingerprints: { "migrationAndRule/v1": createHash("sha256").update(place).digest("hex") },
  };
}

function describe(name: string): object {
  const rule = ruleOf(name);
  if (rule === undefined) return { id: name };
  return {
    id: name,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.why },
    help: { text: `${rule.fix} ${ruleUrl(rule)}` },
    helpUri: ruleUrl(rule),
    properties: { tags: ["security", ...rule.controls], "security-severity": securitySeverity[rule.severity] },
  };
}

function result({ urn, name, type }: ResourceFindings, finding: Finding, ruleIndex: number): object {
  const about = type === "" ? name : `${name} (${type})`;
  const text = finding.kind === "undecided" ? `decided at update: ${finding.what}` : finding.what;
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: finding.kind === "undecided" ? "note" : finding.level === "mandatory" ? "error" : "warning",
    message: { text: `${about}: ${text}${finding.fix === "" ? "" : `. Fix: ${finding.fix}`}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: source }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: urn, kind: "resource" }],
      },
    ],
    partialFingerprints: {
      "resourceAndRule/v1": createHash("sha256").update(`${urn} ${finding.rule} ${finding.what}`).digest("hex"),
    },
    ...(finding.kind === "excepted" ? { suppressions: [{ kind: "external", justification: finding.what }] } : {}),
  };
}
