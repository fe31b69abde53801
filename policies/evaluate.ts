import { canonicalStack } from "./canonical-stack.ts";
import type { Exceptions } from "./exceptions.ts";
import type {
  Findings,
  ResourceFacts,
  ResourceRule,
  ResourceType,
  Rule,
  StackFinding,
  StackResource,
  StackRule,
  StackView,
} from "./rule.ts";
import { listed } from "./rule.ts";
import { readSettings } from "./settings.ts";
import { unknownPath } from "./unknown.ts";

/** What evaluating one rule says about one resource (or about the stack, when there is no URN). */
export interface Outcome {
  readonly rule: Rule;
  readonly urn?: string;
  readonly kind: "violation" | "undecided" | "excepted";
  readonly what: string;
  /** The rule's own when absent. */
  readonly fix?: string;
}

export interface Evaluation {
  /** A preview: unknown values are decided at update. At update an unknown value is a violation. */
  readonly preview: boolean;
  readonly exceptions: Exceptions;
  /** The rule's own configuration, without its enforcement level. */
  readonly configured: Record<string, unknown>;
}

/** Runs a rule on one resource of a type it applies to. Never throws. */
export function evaluateResource(
  rule: ResourceRule,
  resource: ResourceFacts & { readonly props: Record<string, unknown> },
  evaluation: Evaluation,
): Outcome[] {
  const { props, ...facts } = resource;
  return evaluate(rule, evaluation, (settings) =>
    guarded(() => rule.check(props, { ...facts, settings })).map((finding) => ({ ...finding, urn: facts.urn })),
  );
}

/** A stack after a preview or update. */
export interface Stack {
  readonly resources: readonly StackResource[];
  readonly tags: ReadonlyMap<string, string>;
  /** Its configuration by full key; none when absent. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The text of the file with a region's prices; there is none when absent. */
  readonly prices?: ((region: string) => string | undefined) | undefined;
}

/** Runs a rule on a whole stack. Never throws. */
export function evaluateStack(rule: StackRule, stack: Stack, evaluation: Evaluation): Outcome[] {
  return evaluate(rule, evaluation, (settings) => {
    const found: Raw[] = [];
    const failure = catching(() => {
      for (const finding of rule.check(stackView(stack, settings))) {
        const { what, fix, undecided = false, resource } = finding;
        found.push({ what, undecided, urn: resource?.urn, ...(fix !== undefined && { fix }) });
      }
    });
    return failure === undefined ? found : [...found, failure];
  });
}

interface Raw {
  readonly what: string;
  readonly undecided: boolean;
  readonly urn?: string | undefined;
  readonly fix?: string;
}

function evaluate(
  rule: Rule,
  { preview, exceptions, configured }: Evaluation,
  run: (settings: Record<string, unknown>) => Raw[],
): Outcome[] {
  const settings = readSettings(rule.settings, configured);
  if (settings.problems.length > 0) {
    return [
      { rule, kind: "violation", what: `the pack's configuration is not usable: ${settings.problems.join("; ")}` },
    ];
  }
  return run(settings.values).map(({ what, undecided, urn, fix }) => {
    const at = { ...(urn !== undefined && { urn }), ...(fix !== undefined && { fix }) };
    const exception = exceptions.match(rule.name, urn, undecided);
    if (undecided && preview) return { rule, ...at, kind: "undecided", what };
    if (exception !== undefined) return { rule, ...at, kind: "excepted", what: `${what}; ${exception}` };
    return { rule, ...at, kind: "violation", what };
  });
}

function stackView(
  { resources: given, tags, config = {}, prices = () => undefined }: Stack,
  settings: Record<string, unknown>,
): StackView<Record<string, unknown>> {
  const { resources, byType } = known(given);
  const of = (...types: string[]) => types.flatMap((type) => byType.get(type) ?? []);
  return {
    resources,
    tags,
    config,
    settings,
    prices,
    of: of as unknown as StackView<unknown>["of"],
    *each<T extends ResourceType>(
      types: T | readonly T[],
      check: (resource: never) => Findings,
    ): Iterable<StackFinding> {
      for (const resource of of(...listed(types))) {
        for (const finding of guarded(() => check(resource as never))) yield { ...finding, resource };
      }
    },
  };
}

interface Known {
  readonly resources: readonly StackResource[];
  readonly byType: ReadonlyMap<string, readonly StackResource[]>;
}

const stacks = new WeakMap<readonly StackResource[], Known>();

/** A stack's resources under the types rules are written for, told apart once of a list; Pulumi's server hands each rule a copy. */
function known(given: readonly StackResource[]): Known {
  const found = stacks.get(given);
  if (found !== undefined) return found;
  const resources = canonicalStack(given);
  const made = { resources, byType: Map.groupBy(resources, ({ type }) => type) };
  stacks.set(given, made);
  return made;
}

/** The findings of a check up to where an unknown value or a malformed input stopped it, and that it was stopped. */
function guarded(check: () => Findings): Raw[] {
  const found: Raw[] = [];
  const failure = catching(() => {
    const findings = check() ?? [];
    for (const what of typeof findings === "string" ? [findings] : findings) found.push({ what, undecided: false });
  });
  return failure === undefined ? found : [...found, failure];
}

// An error's message may quote the value it stumbled over, so only its class is repeated.
function catching(action: () => void): Raw | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const path = unknownPath(error);
    if (path !== undefined) return { what: `${path} is not known yet`, undecided: true };
    return { what: `a value has a shape this rule cannot read (${(error as Error)?.name})`, undecided: false };
  }
}
