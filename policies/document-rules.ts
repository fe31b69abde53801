import { rules } from "./catalogue.ts";
import { ruleUrl } from "./message.ts";
import { domains } from "./resource-rules.ts";
import type { Rule } from "./rule.ts";
import { stackRules } from "./stack-rules.ts";
import { levelIn, relaxedOutsideProduction } from "./tiers.ts";

/** `docs/guardrails.md`: every rule, written from the rules themselves. */
export function guardrailsDocument(): string {
  const sections = [...Object.entries(domains), ["The stack as a whole", stackRules] as const];
  return `${[preamble(), ...sections.map(([domain, list]) => section(domain, list)), relaxed()].join("\n\n")}\n`;
}

function preamble(): string {
  const counts = (["mandatory", "production", "advisory"] as const).map(
    (level) => rules.filter((one) => one.level === level).length,
  );
  return `# Guardrails

Written by \`node policies/generate.ts\` from the rules under \`policies/\`; change those.

${rules.length} rules run in every preview and every update: ${counts[0]} mandatory, ${counts[1]} mandatory in production and advisory elsewhere, ${counts[2]} advisory. A
mandatory violation stops an update before its first write: the driver previews with the pack before every \`up\`, and
\`pulumi up --policy-pack policies --policy-pack-config policies/config/production.json\` does the same by hand.

- **A value that is not known yet** (an ARN AWS has still to give) leaves a rule undecided in a preview. The report says so
  once for each rule and resource, and the update decides: resource rules before the resource is written, stack rules when
  the update is done. At update a value that is still unknown is a violation.
- **What appears late**, inside the apply of an output, in an update only, in a remote component or by a transformation, is
  judged in the update before it is written. Code as a resource (\`pulumi.dynamic\`, \`command\`) and templates are refused, as
  no rule sees what they make. Of a replacement, the engine asks no rule about properties whose changes are ignored: the
  preview judges them among the outputs (\`ignored-changes-judged\`); one of them that only the update knows is found when the
  update is done.
- **On a pull request** the workflow's job \`policies\` plans the change in a sandbox, on top of what is merged, and fails on a
  mandatory violation. Its report is a comment, the job's summary, and alerts of code scanning; a fork's change gets the
  summary. Refused migrations are in all three, with their lines. Comment and summary also say which changes would disrupt what
  serves ([update.md](update.md)), why, and whose path another service takes. To make it block the merge: *Settings → Rules →
  Rulesets*, a ruleset for the default branch with *Require status checks to pass*, and in it \`policies\`. On a terminal the
  same is \`switchyard plan <stack> --policies\`, with \`--format markdown\`
  or \`sarif\` and \`--out <file>\` for the two others.
- **Exceptions** are entries in \`policies/exceptions.yaml\`: rule, resource name pattern, stack, reason, owner and expiry. They
  show in every report. One that has expired, or that covers nothing in a stack it names, fails that stack
  (\`exceptions-are-current\`).
- **Configuration** of a tier is \`policies/config/<tier>.json\`. It makes production's rules mandatory; a rule's settings go beside
  its \`enforcementLevel\`. A setting a rule does not have, or of the wrong type, is a violation of that rule.
- **A policy document is judged by what it does**, not by how it is written: the pack asks it with requests of strangers (no
  credentials, another account, another organization, another account's network, a service on behalf of another account,
  any identity provider; for roles also other repositories, branches, environments and pull requests of GitHub, and other
  projects of GitLab), and reports a request that is allowed. Denials count, conditions count in all their forms, and an
  identity's document is asked what it reaches on resources it does not name. Documents of other resources of the stack are
  not added up, and service control policies are not known to it.
- **Secrets** are told by a name's words (\`DB_PASS\`, \`dbPassword\`; not \`TOKEN_TTL\` or \`PASSWORD_RESET_URL\`), by known forms of
  tokens and keys, and by a connection string's own password, in variables, labels, log options, commands, build
  specifications, user data and parameters. What is none and looks like one needs an exception, or another name.
- **A type no rule knows** of a service the rules are about is refused (\`types-are-judged\`); one under an older name
  (\`aws.alb.Listener\`, \`aws.s3.BucketV2\`) is judged as the type itself.
- No finding repeats the value of a property: policy packs see secrets in plain text.
- Control ids: Security Hub's AWS Foundational Security Best Practices (\`RDS.3\`), Checkov (\`CKV_AWS_16\`), Trivy
  (\`AWS-0036\`) and cdk-nag (\`AwsSolutions-IAM4\`).`;
}

function section(domain: string, list: readonly Rule[]): string {
  return [`## ${domain}`, ...list.map(entry)].join("\n\n");
}

function entry(rule: Rule): string {
  const level = rule.level === "production" ? "mandatory in production, else advisory" : rule.level;
  const controls = rule.controls.length === 0 ? "reference" : rule.controls.join(", ");
  const settings = Object.entries(rule.settings ?? {}).map(
    ([name, { description, fallback }]) =>
      `\n- setting \`${name}\` (default \`${JSON.stringify(fallback)}\`): ${description}.`,
  );
  return `### ${rule.name}

${rule.title}. ${rule.why}

- ${level}, ${rule.severity}; [${controls}](${ruleUrl(rule)})
- fix: ${rule.fix}${settings.join("")}`;
}

function relaxed(): string {
  const lines = rules
    .filter((rule) => rule.level === "mandatory" && levelIn("development", rule) === "advisory")
    .map(({ name }) => `- \`${name}\`: ${relaxedOutsideProduction[name]}.`);
  return [
    "## Mandatory in production only",
    "",
    "These are mandatory by nature; outside production they advise, for a reason:",
    "",
    ...lines,
  ].join("\n");
}
