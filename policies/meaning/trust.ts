import { accountOf } from "@switchyard/iam/decide.ts";
import type { Condition, PolicyDocument, Principal, Statement } from "@switchyard/iam/document.ts";
import { possibleValues } from "./stranger-values.ts";
import { letIn, type Stranger, strangers } from "./strangers.ts";
import { chosenSubjects, otherSubjects } from "./token-subjects.ts";

/** Strangers a statement of a role's trust lets in, other than by tokens of a named issuer. */
export function trustedStrangers(document: PolicyDocument, statement: Statement): readonly Stranger[] {
  const wholeAccounts = statement.principals.flatMap(({ kind, id }) => (kind === "AWS" ? (accountOf(id) ?? []) : []));
  return [
    // A role is assumed with credentials.
    ...letIn(document, statement, { among: strangers.slice(1) }),
    ...[...new Set(wholeAccounts)].flatMap((account) =>
      letIn(document, statement, {
        among: [anyoneOf(account)],
        open: ({ id }) => accountOf(id) === account,
        account,
      }),
    ),
  ];
}

function anyoneOf(account: string): Stranger {
  return {
    who: "any role of an account",
    caller: () => ({ kind: "AWS", arn: `arn:aws:iam::${account}:role/stranger`, account }),
    keys: {
      "aws:principalaccount": account,
      "aws:principalarn": `arn:aws:iam::${account}:role/stranger`,
      "aws:principaltype": "AssumedRole",
    },
    without: /^aws:(principalorg|source(arn|account|org|owner|vpc)|vpce)/,
  };
}

/** A statement that takes tokens of an identity provider, and the provider. */
export interface TokenTrust {
  readonly statement: Statement;
  /** As the provider's ARN and the condition keys name it, `token.actions.githubusercontent.com`. */
  readonly issuer: string;
}

const github = "token.actions.githubusercontent.com";
/** Claims of GitHub's tokens that say whose repository or workflow it is, which nobody else can choose. */
const ownersAlone = /^(repository(_id|_owner|_owner_id)?|enterprise(_id)?|job_workflow_(ref|sha))$/;
const hosted = /^(cognito-identity\.amazonaws\.com|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com)$/;

/** Every allowing statement of a trust document for each provider of tokens it names. */
export function tokenTrusts({ statements }: PolicyDocument): readonly TokenTrust[] {
  return statements.flatMap((statement) => {
    if (!statement.allow) return [];
    const issuers = statement.principals.flatMap(({ kind, id }) => {
      if (kind !== "Federated") return [];
      const issuer = /:oidc-provider\/(.+)$/.exec(id)?.[1] ?? (hosted.test(id) ? id : undefined);
      return issuer === undefined ? [] : [issuer];
    });
    return [...new Set(issuers)].map((issuer) => ({ statement, issuer }));
  });
}

/** Whether a token made for someone else opens the role: one whose audience is not AWS's. */
export function takesAnyAudience(document: PolicyDocument, trust: TokenTrust): boolean {
  return opens(document, trust, (claim, about) => {
    if (claim === "aud" || claim === "app_id" || claim === "azp") return ["https://stranger.example"];
    return intended(about);
  });
}

/** Whether a token of someone else at the same issuer opens the role: of other work than its conditions name. */
export function takesAnySubject(document: PolicyDocument, trust: TokenTrust): boolean {
  return opens(document, trust, (claim, about, issuer) => {
    if (claim === "aud" || claim === "app_id" || claim === "azp")
      return hosted.test(issuer) ? ["stranger"] : intended(about);
    if (claim === "sub") {
      const named = about.flatMap(({ values }) => values);
      return [...otherSubjects(named), ...(issuer.startsWith(github) ? chosenSubjects(about) : [])];
    }
    // A stranger names environments, branches and workflows as they like, and has others act in a repository of theirs.
    if (issuer.startsWith(github) && !ownersAlone.test(claim)) return intended(about);
    // Other claims of a stranger's token are a stranger's.
    return ["stranger", ...otherSubjects(about.flatMap(({ values }) => values))];
  });
}

function opens(
  document: PolicyDocument,
  { statement, issuer }: TokenTrust,
  values: (claim: string, about: readonly Condition[], issuer: string) => readonly string[],
): boolean {
  const prefix = `${issuer.toLowerCase()}:`;
  const named = ({ kind, id }: Principal) => kind === "Federated" && (id.endsWith(`/${issuer}`) || id === issuer);
  const token: Stranger = {
    who: "a token of someone else",
    caller: (principals) => ({ kind: "Federated", id: principals.find(named)?.id ?? issuer }),
    keys: {},
    without: /^aws:(principal|source(arn|account|org|owner|vpc)|vpce)/,
    values: (key, about) =>
      key.startsWith(prefix) ? values(key.slice(prefix.length), about, issuer) : possibleValues(key, about),
  };
  // A token always has both, so their absence is nothing a caller could ask with.
  return letIn(document, statement, { among: [token], open: named, present: tokenClaims }).length > 0;
}

const tokenClaims = /:(aud|sub)$/;

/** What the statement's author means: its own values, wildcards filled in. */
function intended(about: readonly Condition[]): readonly string[] {
  const values = about.flatMap((one) => one.values.map((value) => value.replaceAll(/[*?]+/g, "x")));
  return values.length > 0 ? values : ["sts.amazonaws.com"];
}

/** Whether a pull request's token of GitHub opens the role: of a repository the document names, or of any. */
export function takesPullRequests(document: PolicyDocument): boolean {
  return tokenTrusts(document).some((trust) => {
    if (!trust.issuer.startsWith(github)) return false;
    return opens(document, trust, (claim, about) => {
      const said = about.flatMap(({ values }) => values.map((value) => value.replaceAll(/[*?]+/g, "x")));
      if (claim !== "sub") return said.length > 0 ? said : ["sts.amazonaws.com", "x"];
      const repositories = said.map((value) => value.split(":").slice(0, 2).join(":"));
      return [...repositories, "repo:x/x"].map((repository) => `${repository}:pull_request`);
    });
  });
}
