import { unknownCheckingProxy } from "@pulumi/policy";
import { evaluateResource, evaluateStack, type Outcome } from "../../../policies/evaluate.ts";
import { activeExceptions } from "../../../policies/exceptions.ts";
import { resourceRules } from "../../../policies/resource-rules.ts";
import type { StackResource, StackRule } from "../../../policies/rule.ts";
import { stackRules } from "../../../policies/stack-rules.ts";
import { levelIn, type Tier } from "../../../policies/tiers.ts";
import type { Recorded } from "../../fixtures/recording.ts";

export interface Verdict extends Outcome {
  readonly level: "mandatory" | "advisory";
}

/** What the recorded stacks' configuration says: production's names its account. */
const tags: Readonly<Record<Tier, ReadonlyMap<string, string>>> = {
  development: new Map([["switchyard:region", "us-east-1"]]),
  production: new Map([
    ["switchyard:region", "us-east-1"],
    ["switchyard:account", "123456789012"],
  ]),
};

/**
 * What the pack says to a stack, resource rules on inputs and stack rules on outputs, as in a preview.
 * @param only The name of the one rule to ask; all by default.
 */
export function audit(recorded: readonly Recorded[], tier: Tier, only?: string): Verdict[] {
  const run = { preview: true, exceptions: activeExceptions([], new Date(0)), configured: {} };
  const asked = ({ name }: { readonly name: string }) => only === undefined || name === only;
  const askedOfStack = stackRules.filter(asked);
  const onResources = recorded.flatMap((resource) =>
    resourceRules
      .filter(asked)
      .filter(({ types }) => (types as readonly string[]).includes(resource.type))
      .flatMap((rule) =>
        evaluateResource(rule, { ...resource, props: unknownCheckingProxy(structuredClone(resource.inputs)) }, run),
      ),
  );
  const stack = { resources: askedOfStack.length === 0 ? [] : linkedStack(recorded), tags: tags[tier] };
  const onStack = askedOfStack.flatMap((rule) => evaluateStack(rule, stack, run));
  return [...onResources, ...onStack].map((outcome) => ({
    ...outcome,
    level: outcome.kind === "violation" ? levelIn(tier, outcome.rule) : "advisory",
  }));
}

/** What one rule on stacks says to a recorded stack with this configuration. */
export function stackOutcomeOf(rule: StackRule, recorded: readonly Recorded[]): Outcome[] {
  const run = { preview: true, exceptions: activeExceptions([], new Date(0)), configured: {} };
  return evaluateStack(rule, { resources: linkedStack(recorded), tags: new Map() }, run);
}

/** Links recorded resources as Pulumi's server links those of a stack. */
export function linkedStack(recorded: readonly Recorded[]): StackResource[] {
  type Mutable = { -readonly [K in keyof StackResource]: StackResource[K] };
  const byUrn = new Map<string, Mutable>();
  const providers = new Map(
    recorded.filter(({ type }) => type === "pulumi:providers:aws").map((one) => [one.name, one]),
  );
  for (const { type, name, urn, outputs, protect, ignoreChanges, provider: providerName } of recorded) {
    const provider = providerName === undefined ? undefined : providers.get(providerName);
    byUrn.set(urn, {
      type,
      name,
      urn,
      props: unknownCheckingProxy(structuredClone(outputs)),
      opts: { protect, ignoreChanges },
      dependencies: [],
      propertyDependencies: {},
      ...(provider === undefined
        ? {}
        : { provider: { type: provider.type, name: provider.name, props: provider.inputs } }),
    });
  }
  const resolve = (urns: readonly string[]) => urns.map((urn) => byUrn.get(urn)).filter((one) => one !== undefined);
  for (const { urn, parent, dependencies, propertyDependencies } of recorded) {
    const one = byUrn.get(urn);
    if (one === undefined) continue;
    one.dependencies = resolve(dependencies);
    one.propertyDependencies = Object.fromEntries(
      Object.entries(propertyDependencies).map(([key, urns]) => [key, resolve(urns)]),
    );
    const found = parent === undefined ? undefined : byUrn.get(parent);
    if (found !== undefined) one.parent = found;
  }
  return [...byUrn.values()];
}
