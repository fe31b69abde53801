import { type Context, conditionsHold, substituted } from "./conditions.ts";
import { covers, type PolicyDocument, type Principal, type Statement } from "./document.ts";
import { arnParts, globMatches } from "./glob.ts";

/** Who asks. An absent one is anonymous. */
export type Caller =
  | { readonly kind: "AWS"; readonly arn: string; readonly account: string }
  | { readonly kind: "Service" | "Federated"; readonly id: string };

/** One request as IAM sees it. */
export interface Request {
  readonly caller?: Caller;
  /** `service:Action`. */
  readonly action: string;
  /** An ARN, or `*` where the action knows no resources. */
  readonly resource: string;
  /** Of the resource. */
  readonly account: string;
  readonly context: Context;
}

export type Decision = "allow" | "implicit deny" | "explicit deny";

/** What a document says about a request; a document of an identity has no principals. */
export function decide(
  { statements }: Pick<PolicyDocument, "statements">,
  request: Request,
  attachedTo: "identity" | "resource",
): Decision {
  const applying = statements.filter((one) => applies(one, request, attachedTo));
  if (applying.some(({ allow }) => !allow)) return "explicit deny";
  return applying.length > 0 ? "allow" : "implicit deny";
}

export interface Policies {
  readonly identity: readonly PolicyDocument[];
  /** The most the identity may have; absent: no boundary. */
  readonly boundary?: PolicyDocument | undefined;
  readonly resource?: PolicyDocument | undefined;
  /** Service control policies: of the root, of each unit on the way to the account, and of the account; absent: none bind it. */
  readonly organization?: readonly (readonly PolicyDocument[])[] | undefined;
}

/** What an organization's policies leave: of each level, one has to allow (AWS Organizations, "SCP evaluation"). */
export function decideOrganization(levels: readonly (readonly PolicyDocument[])[], request: Request): Decision {
  const decisions = levels.map((documents) => documents.map((one) => decide(one, request, "identity")));
  if (decisions.flat().includes("explicit deny")) return "explicit deny";
  return decisions.every((level) => level.includes("allow")) ? "allow" : "implicit deny";
}

/**
 * Whether a request is allowed (IAM, "Policy evaluation logic"): never past a denial, nor past an organization's policies; within one account by the identity
 * or by a resource that names the caller, across accounts by both. A resource that names the account leaves it to the
 * account's identities. A boundary limits what the identity's documents give, and what a resource gives to a role; what
 * a resource gives to a user it does not limit (IAM, "Permissions boundaries for IAM entities").
 */
export function isAllowed({ identity, boundary, resource, organization = [] }: Policies, request: Request): boolean {
  if (decideOrganization(organization, request) !== "allow") return false;
  const own = identity.map((document) => decide(document, request, "identity"));
  const limit = boundary === undefined ? "allow" : decide(boundary, request, "identity");
  const given = resource === undefined ? "implicit deny" : decide(resource, request, "resource");
  if ([...own, limit, given].includes("explicit deny")) return false;
  const byIdentity = own.includes("allow") && limit === "allow";
  const { caller } = request;
  if (caller?.kind !== "AWS") return given === "allow";
  if (caller.account !== request.account) return byIdentity && given === "allow";
  const unlimited = limit === "allow" || /:user\//.test(caller.arn);
  return byIdentity || (unlimited && resource !== undefined && givesDirectly(resource, request));
}

function givesDirectly({ statements }: PolicyDocument, request: Request): boolean {
  const { caller } = request;
  const direct = statements.map((one) => ({
    ...one,
    principals: one.principals.filter(({ id }) => caller?.kind !== "AWS" || accountOf(id) !== caller.account),
  }));
  return direct.some((one) => one.allow && applies(one, request, "resource"));
}

/** Whether a statement speaks of a request. */
export function applies(statement: Statement, request: Request, attachedTo: "identity" | "resource"): boolean {
  return (
    speaksOfAction(statement, request.action) &&
    speaksOfResource(statement, request) &&
    (attachedTo === "identity" || speaksOf(statement, request.caller)) &&
    conditionsHold(statement.conditions, request.context)
  );
}

export function speaksOfAction({ actions, notActions, byNotAction }: Statement, action: string): boolean {
  return byNotAction
    ? !notActions.some((pattern) => covers(pattern, action))
    : actions.some((pattern) => covers(pattern, action));
}

export function speaksOfResource(statement: Statement, { resource, context }: Request): boolean {
  const fits = (pattern: string | undefined) => pattern !== undefined && resourceMatches(pattern, resource);
  const filled = (patterns: readonly string[]) => patterns.map((pattern) => substituted(pattern, context));
  if (statement.byNotResource) {
    const excepted = filled(statement.notResources);
    // What is excepted cannot be told, so the statement says nothing.
    return !excepted.includes(undefined) && !excepted.some(fits);
  }
  // A role's trust names no resource: it speaks of the role.
  return statement.resources.length === 0 || filled(statement.resources).some(fits);
}

/** Resources match part by part, where both have parts; a star alone is everything. */
export function resourceMatches(pattern: string, resource: string): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const [want, have] = [arnParts(pattern), arnParts(resource)];
  if (want === undefined || have === undefined) return globMatches(pattern, resource);
  return want.every((part, index) => globMatches(part, have[index] as string));
}

function speaksOf({ principals, notPrincipals, notPrincipal }: Statement, caller: Caller | undefined): boolean {
  if (notPrincipal) return !notPrincipals.some((one) => isPrincipal(one, caller));
  return principals.some((one) => isPrincipal(one, caller));
}

/** Whether an entry of a Principal element is the caller, or stands for it. */
export function isPrincipal({ kind, id }: Principal, caller: Caller | undefined): boolean {
  if (id === "*" && (kind === "*" || kind === "AWS")) return true;
  if (caller === undefined || caller.kind !== kind) return false;
  if (caller.kind !== "AWS") return globMatches(id, caller.id);
  return accountOf(id) === caller.account || globMatches(id, caller.arn);
}

/** The account an entry of a Principal element names as a whole. */
export function accountOf(id: string): string | undefined {
  return /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(id)?.[1];
}
