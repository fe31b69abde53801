import type { Outcome } from "./evaluate.ts";
import type { Rule } from "./rule.ts";

/** What a violation's message is made of, one line each, in this order. */
export interface MessageParts {
  readonly title: string;
  readonly what: string;
  readonly fix: string;
  readonly url: string;
}

const marks = { undecided: "Decided at update: ", excepted: "Excepted: ", violation: "" } as const;

/** The message Pulumi prints for an outcome. */
export function formatMessage({ rule, kind, what, fix = rule.fix }: Outcome): string {
  return [rule.title, `${marks[kind]}${what.replaceAll("\n", " ")}`, `Fix: ${fix}`, `See: ${ruleUrl(rule)}`].join("\n");
}

/** Takes a message of this pack apart again, whatever an engine wrote before it; undefined for another pack's message. */
export function parseMessage(message: string): (MessageParts & { readonly kind: Outcome["kind"] }) | undefined {
  const lines = message
    .replace(/<\{%.*?%\}>/g, "")
    .trim()
    .split("\n");
  const [title = "", said = "", fix = "", url = ""] = lines.slice(-4);
  if (!fix.startsWith("Fix: ") || !url.startsWith("See: ")) return undefined;
  const kind = (["undecided", "excepted"] as const).find((one) => said.startsWith(marks[one])) ?? "violation";
  return { kind, title, what: said.slice(marks[kind].length), fix: fix.slice(5), url: url.slice(5) };
}

const securityHub = "https://docs.aws.amazon.com/securityhub/latest/userguide/";
const checkov = "https://www.checkov.io/5.Policy%20Index/terraform.html";

/** The rule's own link, else the page of its first Security Hub control, else Checkov's policy index. */
export function ruleUrl(rule: Rule): string {
  if (rule.url !== undefined) return rule.url;
  const control = rule.controls
    .map((id) => /^([A-Za-z]+[A-Za-z0-9]*)\.(\d+)$/.exec(id))
    .find((found) => found !== null);
  if (control === undefined || control === null) return checkov;
  const service = (control[1] as string).toLowerCase();
  return `${securityHub}${service}-controls.html#${service}-${control[2]}`;
}
