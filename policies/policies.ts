import type {
  Policies,
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { type Evaluation, evaluateResource, evaluateStack, type Outcome, type Stack } from "./evaluate.ts";
import { formatMessage, ruleUrl } from "./message.ts";
import {
  isAbout,
  type ResourceRule,
  type ResourceType,
  type Rule,
  type StackResource,
  type StackRule,
} from "./rule.ts";
import { stackConfig, stackTags as tagsOf } from "./stack-tags.ts";

/**
 * What holds for every rule of a run, and the stack's configuration as the engine hands it to the pack. Read anew for each
 * resource: one process may judge one operation after another.
 */
type Run = Omit<Evaluation, "configured"> & {
  readonly config?: string | undefined;
  readonly prices?: Stack["prices"];
};

/** The rules as Pulumi policies, in the given order. */
export function policies(rules: readonly Rule[], run: Run): Policies {
  return rules.map((rule) => (rule.kind === "resource" ? resourcePolicy(rule, run) : stackPolicy(rule, run)));
}

function resourcePolicy(rule: ResourceRule, run: Run): ResourceValidationPolicy {
  const about = remembered((type) => isAbout(rule, type));
  const validateResource: ResourceValidationPolicy["validateResource"] = (args, report) => {
    if (!about(args.type)) return;
    const { type, name, urn, props, opts } = args;
    const facts = { type, name, urn, protect: opts.protect, ignoreChanges: opts.ignoreChanges };
    reportAll(evaluateResource(rule, { ...facts, props }, { ...run, configured: args.getConfig() }), report);
  };
  return { ...metadata(rule), validateResource };
}

function stackPolicy(rule: StackRule, run: Run): StackValidationPolicy {
  const validateStack: StackValidationPolicy["validateStack"] = ({ resources, stackTags, getConfig }, report) => {
    const config = stackConfig(run.config);
    const tags = tagsOf(stackTags, run.config);
    const stack = { resources: resources as readonly StackResource[], tags, config, prices: run.prices };
    reportAll(evaluateStack(rule, stack, { ...run, configured: getConfig() }), report);
  };
  return { ...metadata(rule), validateStack: marked(validateStack, rule.subject) };
}

/** A stack has few types, and each rule is asked of each resource. */
function remembered(test: (type: string) => boolean): (type: string) => boolean {
  const known = new Map<string, boolean>();
  return (type) => {
    const found = known.get(type) ?? test(type);
    known.set(type, found);
    return found;
  };
}

/** With this mark Pulumi's server leaves a rule alone, before unpacking any properties, where there is no such type. */
function marked<F extends object>(validate: F, type: ResourceType | undefined): F {
  return type === undefined ? validate : Object.assign(validate, { __pulumiType: type });
}

// The server takes a violation as an object too, which is how a single one can be advisory while its rule is mandatory.
function reportAll(outcomes: readonly Outcome[], report: ReportViolation): void {
  for (const outcome of outcomes) {
    const violation = {
      message: formatMessage(outcome),
      description: outcome.rule.title,
      urn: outcome.urn,
      enforcementLevel: outcome.kind === "violation" ? undefined : "advisory",
    };
    report(violation as unknown as string);
  }
}

function metadata(rule: Rule) {
  const schema = configSchema(rule);
  return {
    name: rule.name,
    displayName: rule.title,
    description: `${rule.title}. ${rule.why}`,
    enforcementLevel: rule.level === "mandatory" ? ("mandatory" as const) : ("advisory" as const),
    severity: rule.severity,
    remediationSteps: rule.fix,
    url: ruleUrl(rule),
    tags: [...rule.controls],
    framework: {
      name: "AWS Foundational Security Best Practices",
      version: "1.0.0",
      reference: rule.controls.join(", "),
      specification: rule.title,
    },
    ...(schema === undefined ? {} : { configSchema: schema }),
  };
}

function configSchema(rule: Rule): PolicyConfigSchema | undefined {
  if (rule.settings === undefined) return undefined;
  const properties = Object.entries(rule.settings).map(([key, { schema, description, fallback }]) => [
    key,
    { ...schema, description, default: fallback },
  ]);
  return { properties: Object.fromEntries(properties) };
}
