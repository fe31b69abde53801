import { type Context, conditionsHold, readOperator } from "@switchyard/iam/conditions.ts";
import { type Caller, decide, isPrincipal, type Request } from "@switchyard/iam/decide.ts";
import type { Condition, PolicyDocument, Principal, Statement } from "@switchyard/iam/document.ts";
import { arnParts, globMatches, hasWildcard } from "@switchyard/iam/glob.ts";
import { possibleValues, widened } from "./stranger-values.ts";

/** Someone the platform knows nothing of, and what they ask with. */
export interface Stranger {
  /** For findings. */
  readonly who: string;
  /** Undefined when anonymous; absent `caller` in the entry's own terms otherwise. */
  caller(principals: readonly Principal[]): Caller | undefined;
  /** Keys this request always has, in lower case; every other one may be absent. */
  readonly keys: Readonly<Record<string, string>>;
  /** Keys this request never has. */
  readonly without: RegExp;
  /** Values for a key, where the usual ones are not theirs. */
  values?(key: string, about: readonly Condition[]): readonly string[] | undefined;
}

export const strangerAccount = "999999999999";
const role = `arn:aws:iam::${strangerAccount}:role/stranger`;
const signed = {
  "aws:principalaccount": strangerAccount,
  "aws:principalisawsservice": "false",
  "kms:calleraccount": strangerAccount,
};
const ofService = /^aws:(source(arn|account|owner|orgid|orgpaths)|principalservicename(slist)?)$/;
const ofNetwork = /^aws:(sourcevpc|sourcevpce|sourcevpcarn|vpcsourceip|vpce(account|orgid|orgpaths))$/;
const ofOrganization = /^aws:principalorg(id|paths)$/;
const ofPrincipal = /^(aws:principal(arn|account|orgid|orgpaths|tag\/.*)|kms:calleraccount|aws:userid|aws:username)$/;
const either = (...parts: RegExp[]) => new RegExp(parts.map(({ source }) => `(${source})`).join("|"));
const asRole = (): Caller => ({ kind: "AWS", arn: role, account: strangerAccount });

/** The fixed set of callers nobody means to let in. */
export const strangers: readonly Stranger[] = [
  {
    who: "anyone without credentials",
    caller: () => undefined,
    keys: { "aws:principalisawsservice": "false" },
    without: either(ofService, ofNetwork, ofPrincipal),
  },
  {
    who: "any account",
    caller: asRole,
    keys: signed,
    without: either(ofService, ofNetwork, ofOrganization),
  },
  {
    who: "any organization",
    caller: asRole,
    keys: { ...signed, "aws:principalorgid": "o-stranger00" },
    without: either(ofService, ofNetwork),
  },
  {
    who: "any account's network",
    caller: asRole,
    keys: { ...signed, "aws:sourcevpc": "vpc-0fffffff", "aws:sourcevpce": "vpce-0fffffff" },
    without: either(ofService, /^aws:sourceip$/),
  },
  {
    who: "an AWS service on behalf of any account",
    caller: (principals) => ({ kind: "Service", id: principals.find(({ kind }) => kind === "Service")?.id ?? "any" }),
    keys: { "aws:principalisawsservice": "true", "aws:sourceaccount": strangerAccount },
    without: either(ofNetwork, ofPrincipal),
  },
  {
    who: "any identity provider",
    caller: () => ({ kind: "Federated", id: `arn:aws:iam::${strangerAccount}:oidc-provider/stranger.example` }),
    keys: {},
    without: either(ofService, ofNetwork, ofPrincipal),
  },
];

/** Which of these get in by a statement, in the light of all of a document's denials; each once. */
export function letIn(
  document: PolicyDocument,
  statement: Statement,
  options: {
    readonly among?: readonly Stranger[];
    /** Whether an entry of its Principal may stand for someone nobody means. */
    readonly open?: (principal: Principal) => boolean;
    /** Of the resource the document is on. */
    readonly account?: string;
    /** Further keys that every such request has. */
    readonly present?: RegExp;
  } = {},
): readonly Stranger[] {
  const { among = strangers, open = isOpen, account = "111111111111", present = none } = options;
  if (!statement.allow) return [];
  if (!statement.notPrincipal && !statement.principals.some(open)) return [];
  const denials = document.statements.filter(({ allow }) => !allow);
  return among.filter((stranger) => {
    const caller = stranger.caller(statement.principals);
    if (!speaksTo(statement, caller, open)) return false;
    return askable(statement, denials).some(({ action, resource }) =>
      contexts(stranger, widened(statement.conditions), denials, present).some((context) => {
        if (context === tooMany) return true;
        const request: Request = { ...(caller === undefined ? {} : { caller }), action, resource, account, context };
        return decide({ statements: denials }, request, "resource") !== "explicit deny";
      }),
    );
  });
}

/** An entry that stands for callers it does not name. */
export function isOpen({ kind, id }: Principal): boolean {
  return kind === "*" || hasWildcard(id);
}

function speaksTo(statement: Statement, caller: Caller | undefined, open: (one: Principal) => boolean): boolean {
  if (statement.notPrincipal) return !statement.notPrincipals.some((one) => isPrincipal(one, caller));
  return statement.principals.filter(open).some((one) => {
    // AWS takes the star for every caller; a pattern with one is refused, and until then stands for what it matches.
    if (isPrincipal(one, caller)) return true;
    if (!["AWS", "Service", "Federated"].includes(one.kind)) return true;
    if (one.kind !== "AWS" || caller?.kind !== "AWS") return one.id === "*" && one.kind === caller?.kind;
    const account = arnParts(one.id)?.[4];
    return account !== undefined && globMatches(account, caller.account);
  });
}

/** Actions and resources the statement speaks of, one for each of its patterns and of the denials'. */
function askable(statement: Statement, denials: readonly Statement[]): readonly { action: string; resource: string }[] {
  const actions = statement.byNotAction ? ["any:Action"] : statement.actions.map(filled);
  const resources = statement.byNotResource || statement.resources.length === 0 ? ["*"] : statement.resources;
  const more = denials.flatMap((denial) => (denial.byNotAction ? denial.notActions.map(filled) : []));
  const among = actions.flatMap((action) => [action, ...more.filter((other) => covered(statement, other))]);
  return [...new Set(among)].flatMap((action) => resources.map((resource) => ({ action, resource: filled(resource) })));
}

function covered({ byNotAction, actions }: Statement, action: string): boolean {
  return !byNotAction && actions.some((pattern) => globMatches(pattern.toLowerCase(), action.toLowerCase()));
}

function filled(pattern: string): string {
  return pattern.replaceAll(/\*+/g, "x").replaceAll("?", "x");
}

const none = /(?!)/;
const limit = 4096;
/** More ways than are worth trying: a document nobody can follow is not known to keep anyone out. */
const tooMany: Context = new Map();
/** Keys every request has (IAM, "Global condition context keys"). */
const always = /^aws:(securetransport|currenttime|epochtime|requestedregion)$/;
const alwaysSigned = /^aws:(principalarn|userid)$/;

/** Requests' keys that meet the conditions, in every way that could matter to the denials. */
function contexts(
  stranger: Stranger,
  conditions: readonly Condition[],
  denials: readonly Statement[],
  present: RegExp,
): readonly Context[] {
  const others = denials.flatMap((one) => one.conditions);
  const keys = new Set([...conditions, ...others].map(({ key }) => key.toLowerCase()));
  let found: Map<string, string | readonly string[]>[] = [new Map(Object.entries(stranger.keys))];
  for (const key of keys) {
    const own = conditions.filter((one) => one.key.toLowerCase() === key);
    const about = [...own, ...others.filter((one) => one.key.toLowerCase() === key)];
    const values = candidates(stranger, key, about, present).filter((value) =>
      conditionsHold(own, value === undefined ? new Map() : new Map([[key, value]])),
    );
    if (found.length * values.length > limit) return [tooMany];
    found = found.flatMap((context) =>
      values.map((value) => {
        const next = new Map(context);
        if (value === undefined) next.delete(key);
        else next.set(key, value);
        return next;
      }),
    );
  }
  return found;
}

/** What a key may be in a stranger's request: absent, its own, or chosen to fit what the policy says. */
function candidates(
  stranger: Stranger,
  key: string,
  about: readonly Condition[],
  required: RegExp,
): readonly (string | readonly string[] | undefined)[] {
  const fixed = stranger.keys[key];
  if (stranger.without.test(key)) return [undefined];
  if (fixed !== undefined) return [fixed];
  const chosen = [...new Set(stranger.values?.(key, about) ?? possibleValues(key, about))];
  const several = about.some(({ operator }) => readOperator(operator).set !== undefined);
  const present =
    required.test(key) || always.test(key) || (alwaysSigned.test(key) && "aws:principalaccount" in stranger.keys);
  return [...(present ? [] : [undefined]), ...chosen, ...(several ? chosen.map((value) => [value]) : [])];
}
