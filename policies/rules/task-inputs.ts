import { parseJson } from "@switchyard/iam/document.ts";
import { looksSecret } from "../../programs/plaintext.ts";
import { resourceRule } from "../rule.ts";
import { peek } from "../unknown.ts";
import { field } from "./containers.ts";
import { secretInCommand, shown } from "./plaintext.ts";

const machine = "aws:sfn/stateMachine:StateMachine";
const target = "aws:cloudwatch/eventTarget:EventTarget";
const schedule = "aws:scheduler/schedule:Schedule";

export const taskInputRules = [
  resourceRule([machine, target, schedule], {
    name: "task-inputs-no-plaintext-secrets",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/step-functions/latest/dg/security-best-practices.html",
    title: "What starts a task gives it no secret in plain text",
    why: "Definitions, rules and schedules are readable to many, and each start is recorded with its input.",
    fix: "Keep the value in Secrets Manager, and name it in the task definition's secrets.",
    check: function* (props) {
      if ("definition" in props) yield* secretsInJson(props.definition, "definition");
      if ("input" in props) yield* secretsInJson(props.input, "input");
      const { inputTemplate } = ("inputTransformer" in props ? props.inputTransformer : undefined) ?? {};
      yield* secretsInJson(inputTemplate, "inputTransformer.inputTemplate");
      if ("target" in props) yield* secretsInJson(props.target.input, "target.input");
    },
  }),
];

/** Findings for every secret in a JSON text: values of names like a secret's, pairs of name and value, commands. */
function* secretsInJson(text: string | undefined, at: string): Iterable<string> {
  const parsed = text === undefined ? undefined : parseJson(text);
  if (parsed !== undefined) yield* new Set(secretsWithin(parsed, at));
}

function* secretsWithin(value: unknown, at: string): Iterable<string> {
  if (typeof value !== "object" || value === null) return;
  const [name, given] = [field(value, "name"), field(value, "value")];
  if (typeof name === "string" && typeof given === "string") yield* judged(name, given, at);
  for (const key of Object.keys(value)) {
    const inner = peek(value, key);
    if (/^(command|entryPoint)$/i.test(key) && Array.isArray(inner)) {
      const what = secretInCommand(inner.map(String));
      if (what !== undefined) yield `${at} ${shown(key)} ${what}`;
    } else if (typeof inner === "string") yield* judged(Array.isArray(value) ? "" : key, inner, at);
    else yield* secretsWithin(inner, at);
  }
}

/** What a step takes from its input, or an expression computes, is no value written down. */
function* judged(name: string, value: string, at: string): Iterable<string> {
  if (name.endsWith(".$") || /^(\$|\{%|<[\w.-]+>$|States\.)/.test(value)) return;
  const why = looksSecret(name, value);
  // A definition is full of paths, ARNs and names that only look random.
  if (why !== undefined && !why.includes("random")) yield `${at} ${shown(name)} ${why}`;
}
