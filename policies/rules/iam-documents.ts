import { type PolicyDocument, readDocument, type Statement } from "@switchyard/iam/document.ts";
import type { Inputs, ResourceType } from "../rule.ts";

/** The resource types that give an identity permissions by a document of their own. */
export const identityPolicies = [
  "aws:iam/policy:Policy",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/role:Role",
  "aws:iam/groupPolicy:GroupPolicy",
  "aws:iam/userPolicy:UserPolicy",
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
] as const satisfies readonly ResourceType[];

type IdentityPolicy = Inputs<(typeof identityPolicies)[number]>;

/** A statement that allows something, with the property it stands in, or why a document cannot be read. */
export type Allowed = { readonly at: string } & (
  | { readonly problem: string }
  | { readonly document: PolicyDocument; readonly statement: Statement }
);

/** Every allowing statement of a resource's identity documents. */
export function* allowedBy(props: IdentityPolicy): Iterable<Allowed> {
  if ("inlinePolicy" in props) yield* allowedIn("inlinePolicy", props.inlinePolicy);
  if ("policy" in props) yield* allowedIn("policy", props.policy);
  if ("inlinePolicies" in props) {
    for (const [index, one] of (props.inlinePolicies ?? []).entries()) {
      yield* allowedIn(`inlinePolicies[${index}].policy`, one.policy);
    }
  }
}

function* allowedIn(at: string, value: unknown): Iterable<Allowed> {
  const document = readDocument(value);
  if (document.problem !== undefined) yield { at, problem: document.problem };
  for (const statement of document.statements) {
    if (statement.allow) yield { at: `${at} ${statement.at}`, document, statement };
  }
}

/** Findings of a test over every allowing statement; an unreadable document is one too. */
export function allowing(
  test: (statement: Statement, document: PolicyDocument) => string | undefined,
): (props: IdentityPolicy) => Iterable<string> {
  return function* (props) {
    for (const one of allowedBy(props)) {
      if ("problem" in one) yield `${one.at} ${one.problem}`;
      else {
        const what = test(one.statement, one.document);
        if (what !== undefined) yield `${one.at} ${what}`;
      }
    }
  };
}

/** Actions for a finding: the first few, and how many more. */
export function listedActions(actions: readonly string[]): string {
  const shown = actions.slice(0, 5).join(", ");
  return actions.length > 5 ? `${shown} and ${actions.length - 5} more` : shown;
}
