import type { Unwrap } from "@pulumi/pulumi";
import type { ResourceTypes } from "./resource-types.ts";
import type { Settings, SettingValues } from "./settings.ts";
import { canonicalType, siblings } from "./siblings.ts";

/**
 * How a rule blocks: `mandatory` everywhere, `production` mandatory through the production tier's configuration and
 * advisory in other tiers, `advisory` never.
 */
export type Level = "mandatory" | "production" | "advisory";
export type Severity = "low" | "medium" | "high" | "critical";
export type ResourceType = keyof ResourceTypes;

export interface RuleMetadata {
  /** Kebab-case, unique in the pack; the name used in exceptions and in pack configuration. */
  readonly name: string;
  readonly level: Level;
  readonly severity: Severity;
  /** What holds when the rule passes, in one sentence. */
  readonly title: string;
  /** What goes wrong without it. */
  readonly why: string;
  /** What to change, naming the property. */
  readonly fix: string;
  /** Control ids: Security Hub FSBP (`RDS.3`), Checkov (`CKV_AWS_16`), Trivy (`AWS-0036`), cdk-nag. May be empty. */
  readonly controls: readonly string[];
  /** Where the control is described. Derived from the first control when absent. */
  readonly url?: string;
  readonly settings?: Settings;
}

/** What a check says: each string names a property and what is wrong with it, never the property's value. */
export type Findings = Iterable<string> | string | undefined;

/** What a rule may know of a resource beside its properties. */
export interface ResourceFacts {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly protect: boolean;
  readonly ignoreChanges: readonly string[];
}

export interface ResourceContext<Values> extends ResourceFacts {
  readonly settings: Values;
}

export interface ResourceRule extends RuleMetadata {
  readonly kind: "resource";
  readonly types: readonly ResourceType[];
  /** Whether it is about a type; one of `types` when absent. */
  readonly applies?: (type: string) => boolean;
  readonly check: (props: Record<string, unknown>, context: ResourceContext<Record<string, unknown>>) => Findings;
}

/** A resource as a stack rule sees it: outputs, with the graph resolved. Shaped like `PolicyResource`. */
export interface StackResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly props: Record<string, unknown>;
  readonly opts: { readonly protect: boolean; readonly ignoreChanges: readonly string[] };
  readonly parent?: StackResource;
  readonly dependencies: readonly StackResource[];
  readonly propertyDependencies: Readonly<Record<string, readonly StackResource[]>>;
  readonly provider?: { readonly type: string; readonly name: string; readonly props: Record<string, unknown> };
}

export interface StackFinding {
  /** The resource at fault; absent when the stack as a whole is. */
  readonly resource?: StackResource;
  readonly what: string;
  /** The finding is that a value is not known yet, not that it is wrong. */
  readonly undecided?: boolean;
  /** What to do about this one, where the rule's own `fix` is about others. */
  readonly fix?: string;
}

export interface StackRule extends RuleMetadata {
  readonly kind: "stack";
  /** Types the rule looks at, for the coverage listing. */
  readonly types: readonly ResourceType[];
  /** What the rule is about: it has nothing to say of a stack without one, and Pulumi does not ask it. */
  readonly subject?: ResourceType;
  readonly check: (stack: StackView<Record<string, unknown>>) => Iterable<StackFinding>;
}

export type Rule = ResourceRule | StackRule;

export interface StackView<Values> {
  readonly resources: readonly StackResource[];
  /** Tags of the stack itself, as the backend keeps them. */
  readonly tags: ReadonlyMap<string, string>;
  /** The stack's configuration by full key, structured values as JSON text. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Values;
  /** The text of the file with a region's prices; undefined where there is none. Read only when a rule asks. */
  prices(region: string): string | undefined;
  /** Every resource of these types. */
  of<T extends ResourceType>(...types: T[]): TypedResource<T>[];
  /** Runs a check on each resource of a type; an unknown value leaves that one resource undecided. */
  each<T extends ResourceType>(
    types: T | readonly T[],
    check: (resource: TypedResource<T>) => Findings,
  ): Iterable<StackFinding>;
}

/** Its props are outputs: the inputs are among them, and a computed one may still be unknown. */
export type TypedResource<T extends ResourceType> = StackResource & { readonly props: Inputs<T> };

export type Inputs<T extends ResourceType> = Unwrap<ResourceTypes[T]>;

type Definition = Omit<RuleMetadata, "settings">;

/** Declares a rule on single resources; `check` sees the inputs typed as the resource's own arguments. */
export function resourceRule<T extends ResourceType, S extends Settings = Record<never, never>>(
  types: T | readonly T[],
  definition: Definition & {
    readonly settings?: S;
    readonly applies?: (type: string) => boolean;
    readonly check: (props: Inputs<T>, context: ResourceContext<SettingValues<S>>) => Findings;
  },
): ResourceRule {
  return {
    ...definition,
    kind: "resource",
    types: withSiblings(listed(types)),
    check: definition.check as ResourceRule["check"],
  };
}

/** A rule on a type is a rule on it under its other names. */
function withSiblings(types: readonly ResourceType[]): readonly ResourceType[] {
  return types.flatMap((type) => [type, ...((siblings[type] ?? []) as readonly ResourceType[])]);
}

/** Whether a rule is about resources of a type. */
export function isAbout({ types, applies }: ResourceRule, type: string): boolean {
  if (applies !== undefined) return applies(type);
  return (types as readonly string[]).includes(canonicalType(type));
}

/** Declares a rule on the whole stack. */
export function stackRule<S extends Settings = Record<never, never>>(
  types: readonly ResourceType[],
  definition: Definition & {
    readonly settings?: S;
    readonly subject?: ResourceType;
    readonly check: (stack: StackView<SettingValues<S>>) => Iterable<StackFinding>;
  },
): StackRule {
  const { subject, ...rest } = definition;
  // Under its other names Pulumi would not find it.
  const marked = subject === undefined || subject in siblings ? {} : { subject };
  return { ...rest, ...marked, kind: "stack", types, check: definition.check as StackRule["check"] };
}

export function listed<T>(oneOrMany: T | readonly T[]): readonly T[] {
  return Array.isArray(oneOrMany) ? oneOrMany : [oneOrMany as T];
}
