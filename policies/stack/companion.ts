import {
  type ResourceType,
  type RuleMetadata,
  type StackFinding,
  type StackResource,
  type StackRule,
  stackRule,
} from "../rule.ts";
import { references, valuesOf } from "./graph.ts";

interface Companion extends Omit<RuleMetadata, "settings"> {
  /** What must not be alone. */
  readonly of: ResourceType;
  /** What must be beside it. */
  readonly needs: ResourceType;
  /** The companion's property that names it, and which of its own properties that is. */
  readonly by: string;
  readonly key: string;
  /** The values of the property that name something, where it is no plain value or list. */
  readonly naming?: (companion: StackResource, property: string) => readonly unknown[];
  /** A property of it that says the same inline. */
  readonly unless?: string;
}

/** A rule that one resource must come with another. */
export function companion({ of, needs, by, key, naming = valuesOf, unless, ...metadata }: Companion): StackRule {
  return stackRule([of, needs], {
    ...metadata,
    subject: of,
    check: function* (stack): Iterable<StackFinding> {
      const accompanied = new Set(
        (stack.of(needs) as readonly StackResource[]).flatMap((other) => {
          const { certain, possible } = references(stack, other, by, of, naming(other, by), key);
          return [...certain, ...possible];
        }),
      );
      for (const resource of stack.of(of)) {
        const inline = unless !== undefined && unless in resource.propertyDependencies;
        if (!accompanied.has(resource) && !inline)
          yield { resource, what: `no ${needs.slice(needs.lastIndexOf(":") + 1)} goes with it` };
      }
    },
  });
}
