import { createHash } from "node:crypto";
import { ruleUrl } from "../../policies/message.ts";
import { type Finding, type ResourceFindings, ruleOf } from "./policy-findings.ts";

// GitHub code scanning, "SARIF support": the number that gives an alert its severity.
const securitySeverity: Readonly<Record<string, string>> = { critical: "9.5", high: "8.0", medium: "5.5", low: "2.0" };

/** Where alerts are shown: a policy speaks of a resource, and a resource has no line; the programs' entry has all. */
const source = "programs/index.ts";

/** The findings as a SARIF 2.1.0 log, for code scanning. */
export function sarif(resources: readonly ResourceFindings[]): object {
  const findings = resources.flatMap((resource) => resource.findings.map((finding) => ({ resource, finding })));
  const names = [...new Set(findings.map(({ finding }) => finding.rule))].sort();
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
        results: findings.map(({ resource, finding }) => result(resource, finding, names.indexOf(finding.rule))),
      },
    ],
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
