import type { Exceptions } from "./exceptions.ts";
import { urnParts } from "./exceptions.ts";
import { type StackRule, stackRule } from "./rule.ts";

/** Keeps the exceptions themselves in order. Runs last: by then the other rules have used the ones they need. */
export function exceptionsRule(exceptions: Exceptions, fileProblems: readonly string[]): StackRule {
  return stackRule([], {
    name: "exceptions-are-current",
    level: "mandatory",
    severity: "medium",
    title: "Every exception is readable, unexpired and needed",
    why: "An exception nobody revisits is a rule nobody keeps.",
    fix: "Remove the entry from policies/exceptions.yaml, or renew its expiry with its owner.",
    controls: [],
    url: "https://www.pulumi.com/docs/insights/policy/",
    check: ({ resources }) => {
      const stack = urnParts(resources[0]?.urn).stack;
      return [...fileProblems, ...exceptions.problems(stack)].map((what) => ({ what }));
    },
  });
}
