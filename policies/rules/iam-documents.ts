import { readDocument, type Statement } from "../document.ts";
import type { Inputs, ResourceType } from "../rule.ts";

/** The resource types that give an identity permissions by a document of their own. */
export const identityPolicies = [
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/role:Role",
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/userPolicy:UserPolicy",
] as const satisfies readonly ResourceType[];

type IdentityPolicy = Inputs<(typeof identityPolicies)[number]>;

/** A statement that allows something, with the property it stands in, or why a document cannot be read. */
export type Allowed = { readonly at: string } & ({ readonly problem: string } | { readonly statement: Statement });

/** Every allowing statement of a resource's identity documents. */
export function* allowedBy(props: IdentityPolicy): Iterable<Allowed> {
  if ("policy" in props) yield* allowedIn("policy", props.policy);
  if ("inlinePolicies" in props) {
    for (const [index, one] of (props.inlinePolicies ?? []).entries()) {
      yield* allowedIn(`inlinePolicies[${index}].policy`, one.policy);
    }
  }
}

function* allowedIn(at: string, value: unknown): Iterable<Allowed> {
  const { statements, problem } = readDocument(value);
  if (problem !== undefined) yield { at, problem };
  for (const statement of statements) {
    if (statement.allow) yield { at: `${at} ${statement.at}`, statement };
  }
}

/** Findings of a test over every allowing statement; an unreadable document is one too. */
export function allowing(
  test: (statement: Statement) => string | undefined,
): (props: IdentityPolicy) => Iterable<string> {
  return function* (props) {
    for (const one of allowedBy(props)) {
      if ("problem" in one) yield `${one.at} ${one.problem}`;
      else {
        const what = test(one.statement);
        if (what !== undefined) yield `${one.at} ${what}`;
      }
    }
  };
}

/** Whether a statement speaks of every resource. */
export function isUnscoped({ resources, notResources }: Statement): boolean {
  return resources.includes("*") || notResources.length > 0;
}
