import type { Findings, Inputs, ResourceContext, ResourceType } from "../rule.ts";
import { canonicalType } from "../siblings.ts";

/** What each type of a rule is asked. */
export type Checks = { readonly [T in ResourceType]?: (props: Inputs<T>) => Findings };

/** A rule's types, and its check that asks a resource what its type is asked. */
export function eachType(checks: Checks) {
  return {
    types: Object.keys(checks) as ResourceType[],
    check: (props: object, { type }: ResourceContext<object>): Findings => {
      const check = checks[canonicalType(type) as ResourceType] as ((props: object) => Findings) | undefined;
      return check?.(props);
    },
  };
}
