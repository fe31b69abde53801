import { type PolicyDocument, readDocument } from "@switchyard/iam/document.ts";
import { type TokenTrust, takesAnyAudience, takesAnySubject, tokenTrusts } from "../meaning/trust.ts";
import { resourceRule } from "../rule.ts";

const reference = "https://docs.github.com/en/actions/concepts/security/openid-connect";
const github = "token.actions.githubusercontent.com";

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
      url.includes(github) && (clientIdLists.length !== 1 || clientIdLists[0] !== "sts.amazonaws.com")
        ? "clientIdLists is not sts.amazonaws.com alone"
        : undefined,
  }),
  resourceRule("aws:iam/role:Role", {
    name: "oidc-trust-audience",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358"],
    url: reference,
    title: "Every statement that trusts an issuer of tokens checks the audience exactly",
    why: "Without aud, any token of the provider is taken, whatever it was made for.",
    fix: `Add StringEquals on <issuer>:aud, for GitHub ${github}:aud with sts.amazonaws.com.`,
    check: eachTrust((document, trust) =>
      takesAnyAudience(document, trust) ? "does not check aud exactly" : undefined,
    ),
  }),
  resourceRule("aws:iam/role:Role", {
    name: "oidc-trust-subject",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358", "CKV_AWS_393"],
    url: reference,
    title: "Every statement that trusts an issuer of tokens names whose work may come in",
    why: "Without an exact owner and repository in sub, anyone's workflow may assume the role.",
    fix: `Add StringEquals on <issuer>:sub, for GitHub ${github}:sub with repo:<owner>/<name>:environment:<name>, or the repository's ID form.`,
    check: eachTrust((document, trust) =>
      takesAnySubject(document, trust)
        ? "does not check sub, or takes more than one repository and context by it"
        : undefined,
    ),
  }),
];

function eachTrust(test: (document: PolicyDocument, trust: TokenTrust) => string | undefined) {
  return function* ({ assumeRolePolicy }: { assumeRolePolicy: unknown }) {
    const document = readDocument(assumeRolePolicy);
    for (const trust of tokenTrusts(document)) {
      const what = test(document, trust);
      if (what !== undefined) yield `assumeRolePolicy ${trust.statement.at} ${what}`;
    }
  };
}
