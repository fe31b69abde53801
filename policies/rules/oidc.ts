import { type Condition, readDocument, type Statement } from "../document.ts";
import { resourceRule } from "../rule.ts";

const reference = "https://docs.github.com/en/actions/concepts/security/openid-connect";
const issuer = "token.actions.githubusercontent.com";

export const oidcRules = [
  resourceRule("aws:iam/openIdConnectProvider:OpenIdConnectProvider", {
    name: "oidc-provider-audience",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: reference,
    title: "GitHub's identity provider accepts tokens made for AWS only",
    why: "A token GitHub made for another service must not open this account.",
    fix: "Set clientIdLists to sts.amazonaws.com alone.",
    check: ({ url, clientIdLists }) =>
      url.includes(issuer) && (clientIdLists.length !== 1 || clientIdLists[0] !== "sts.amazonaws.com")
        ? "clientIdLists is not sts.amazonaws.com alone"
        : undefined,
  }),
  resourceRule("aws:iam/role:Role", {
    name: "oidc-trust-audience",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358"],
    url: reference,
    title: "Every statement that trusts GitHub checks the audience exactly",
    why: "Without aud, any token of the provider is taken.",
    fix: `Add StringEquals on ${issuer}:aud with sts.amazonaws.com.`,
    check: eachGitHubStatement((statement) => {
      const audience = conditionsOn(statement, "aud");
      const exact = audience.some(
        ({ operator, values }) =>
          operator === "StringEquals" && values.length === 1 && values[0] === "sts.amazonaws.com",
      );
      return exact ? undefined : "does not check aud exactly";
    }),
  }),
  resourceRule("aws:iam/role:Role", {
    name: "oidc-trust-subject",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358", "CKV_AWS_393"],
    url: reference,
    title: "Every statement that trusts GitHub names the repository",
    why: "Without an exact owner and repository in sub, anyone's workflow may assume the role.",
    fix: `Add StringEquals on ${issuer}:sub with repo:<owner>/<name>:environment:<name>, or the repository's ID form.`,
    check: eachGitHubStatement((statement) => {
      const subject = conditionsOn(statement, "sub").filter(({ operator }) =>
        /^(ForAnyValue:)?String(Equals|Like)$/.test(operator),
      );
      if (subject.length === 0) return "does not check sub";
      return subject.every(({ values }) => values.every(namesRepository))
        ? undefined
        : "checks sub with a wildcard in owner, repository or context";
    }),
  }),
];

/** Statements of a trust document that let GitHub's tokens in. */
export function githubStatements(assumeRolePolicy: unknown): readonly Statement[] {
  return readDocument(assumeRolePolicy).statements.filter(
    ({ allow, principals }) => allow && principals.some(({ kind, id }) => kind === "Federated" && id.includes(issuer)),
  );
}

/** Conditions on one claim of GitHub's token. */
export function conditionsOn({ conditions }: Statement, claim: "aud" | "sub"): readonly Condition[] {
  return conditions.filter(({ key }) => key === `${issuer}:${claim}`);
}

function eachGitHubStatement(test: (statement: Statement) => string | undefined) {
  return function* ({ assumeRolePolicy }: { assumeRolePolicy: unknown }) {
    for (const statement of githubStatements(assumeRolePolicy)) {
      const what = test(statement);
      if (what !== undefined) yield `assumeRolePolicy ${statement.at} ${what}`;
    }
  };
}

// `repo:owner/name:context`; with IDs GitHub writes `repo:owner@123/name@456:context`.
function namesRepository(subject: string): boolean {
  const [kind, repository = "", ...context] = subject.split(":");
  return (
    kind === "repo" && /^[^*?/]+\/[^*?/]+$/.test(repository) && context.length > 0 && !/^[*?]/.test(context.join(":"))
  );
}
