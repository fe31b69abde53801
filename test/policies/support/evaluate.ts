import { unknownCheckingProxy } from "@pulumi/policy";
import { rules } from "../../../policies/catalogue.ts";
import { evaluateResource, evaluateStack, type Outcome } from "../../../policies/evaluate.ts";
import { activeExceptions } from "../../../policies/exceptions.ts";
import type { ResourceRule, Rule, StackResource, StackRule } from "../../../policies/rule.ts";

export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function ruleNamed(name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

export function urnOf(type: string, name: string, stack = "production"): string {
  return `urn:pulumi:${stack}::switchyard::${type}::${name}`;
}

const noExceptions = activeExceptions([], new Date(0));

export interface Case {
  readonly type: string;
  readonly name?: string;
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly settings?: Record<string, unknown>;
}

/** Evaluates a rule as the pack does in a preview: properties behind Pulumi's own unknown-checking proxy. */
export function resourceOutcomes(
  rule: ResourceRule,
  { type, name = "it", protect = false, ignoreChanges = [], settings = {} }: Case,
  props: Record<string, unknown>,
  preview = true,
): Outcome[] {
  const facts = { type, name, urn: urnOf(type, name), protect, ignoreChanges };
  const proxied = unknownCheckingProxy(structuredClone(props));
  return evaluateResource(
    rule,
    { ...facts, props: proxied },
    { preview, exceptions: noExceptions, configured: settings },
  );
}

/** One resource of a stack under test; `deps` name others by `type::name` or by name alone. */
export interface Node {
  readonly type: string;
  readonly name: string;
  readonly props?: Record<string, unknown>;
  readonly deps?: Readonly<Record<string, readonly string[]>>;
  readonly dependsOn?: readonly string[];
  readonly parent?: string;
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly provider?: { readonly name: string; readonly props: Record<string, unknown> };
}

/** Links nodes as Pulumi's server links the resources of a stack. */
export function linked(nodes: readonly Node[]): StackResource[] {
  type Mutable = { -readonly [K in keyof StackResource]: StackResource[K] };
  const made: Mutable[] = nodes.map(({ type, name, props = {}, protect = false, ignoreChanges = [], provider }) => ({
    type,
    name,
    urn: urnOf(type, name),
    props: unknownCheckingProxy(structuredClone(props)),
    opts: { protect, ignoreChanges },
    dependencies: [],
    propertyDependencies: {},
    ...(provider === undefined
      ? {}
      : {
          provider: { type: "pulumi:providers:aws", name: provider.name, props: unknownCheckingProxy(provider.props) },
        }),
  }));
  const find = (reference: string): StackResource => {
    const found = made.filter(
      ({ type, name, urn }) => urn === reference || `${type}::${name}` === reference || name === reference,
    );
    if (found.length !== 1) throw new Error(`${found.length} nodes are ${reference}`);
    return found[0] as StackResource;
  };
  for (const [index, { deps = {}, dependsOn = [], parent }] of nodes.entries()) {
    const one = made[index] as Mutable;
    one.propertyDependencies = Object.fromEntries(Object.entries(deps).map(([key, names]) => [key, names.map(find)]));
    one.dependencies = [...new Set([...dependsOn.map(find), ...Object.values(one.propertyDependencies).flat()])];
    if (parent !== undefined) one.parent = find(parent);
  }
  return made;
}

export function stackOutcomes(
  rule: StackRule,
  nodes: readonly Node[],
  options: {
    readonly settings?: Record<string, unknown>;
    readonly tags?: Readonly<Record<string, string>>;
    readonly config?: Readonly<Record<string, unknown>>;
    readonly prices?: string | undefined;
    readonly preview?: boolean;
  } = {},
): Outcome[] {
  const { config = {}, tags = {} } = options;
  const prices = () => options.prices;
  const stack = { resources: linked(nodes), tags: new Map(Object.entries(tags)), config, prices };
  return evaluateStack(rule, stack, {
    preview: options.preview ?? true,
    exceptions: noExceptions,
    configured: options.settings ?? {},
  });
}
