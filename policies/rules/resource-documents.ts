import { type PolicyDocument, readDocument, type Statement } from "@switchyard/iam/document.ts";
import { letIn } from "../meaning/strangers.ts";

/** Findings for every statement of a resource's own policy that lets a stranger in; an unreadable one is one too. */
export function* lettingStrangersIn(props: object, property = "policy"): Iterable<string> {
  if (!(property in props)) return;
  const document = readDocument((props as Record<string, unknown>)[property]);
  if (document.problem !== undefined) yield `${property} ${document.problem}`;
  for (const statement of document.statements) {
    const who = strangerIn(document, statement);
    if (who !== undefined) yield `${property} ${statement.at} is open to everyone: it lets in ${who}`;
  }
}

/** Who a statement lets in of those nobody means to. */
export function strangerIn(document: PolicyDocument, statement: Statement): string | undefined {
  return letIn(document, statement)[0]?.who;
}

/** What lets a principal in that is no policy document: a permission of a function, a layer or an event bus. */
export interface Grant {
  readonly principal: string;
  readonly action: string;
  readonly conditions: readonly (readonly [operator: string, key: string, value: unknown])[];
}

/** A grant as the document AWS makes of it; conditions without a value say nothing. */
export function documentOf({
  principal,
  action,
  conditions,
}: Grant): PolicyDocument & { readonly statement: Statement } {
  const service = /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(principal);
  const statement: Statement = {
    at: "the permission",
    allow: true,
    actions: [action],
    notActions: [],
    byNotAction: false,
    resources: ["*"],
    notResources: [],
    byNotResource: false,
    principals: [{ kind: service ? "Service" : "AWS", id: principal }],
    notPrincipals: [],
    notPrincipal: false,
    conditions: conditions.flatMap(([operator, key, value]) =>
      typeof value === "string" && value !== "" ? [{ operator, key, values: [value] }] : [],
    ),
  };
  return { statements: [statement], statement };
}

/** What a service may ask a resource for on behalf of an account it is not told to serve. */
export function letsServiceActForAnyone(document: PolicyDocument, statement: Statement): boolean {
  return letIn(document, statement, { open: ({ kind }) => kind === "Service" }).length > 0;
}

/** A property that is given and says something. */
export function textOf(props: object, key: string): string | undefined {
  const value = key in props ? (props as Record<string, unknown>)[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
