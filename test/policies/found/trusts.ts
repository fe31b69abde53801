import { type Found, json, own } from "./types.ts";

const type = "aws:iam/role:Role";
const github = "token.actions.githubusercontent.com";
const gitlab = "gitlab.com";

function trust(what: string, statement: Record<string, unknown>, rules?: readonly string[]): Found {
  const assumed = { Effect: "Allow", Action: "sts:AssumeRole", ...statement };
  return {
    what,
    type,
    props: { assumeRolePolicy: json(assumed) },
    ...(rules === undefined ? {} : { rules }),
  };
}

function everyone(Condition: Record<string, unknown>, found = true): Found {
  const what = `everyone with ${JSON.stringify(Condition)}`;
  return trust(what, { Principal: { AWS: "*" }, Condition }, found ? ["iam-no-public-assume"] : undefined);
}

function token(what: string, issuer: string, Condition: Record<string, unknown>, rules?: readonly string[]): Found {
  const Principal = { Federated: `arn:aws:iam::${own}:oidc-provider/${issuer}` };
  return trust(what, { Action: "sts:AssumeRoleWithWebIdentity", Principal, Condition }, rules);
}

const aud = { [`${github}:aud`]: "sts.amazonaws.com" };
function subject(what: string, sub: string | string[], found: boolean, operator = "StringLike"): Found {
  const condition = { [`${github}:sub`]: sub };
  const Condition =
    operator === "StringEquals"
      ? { [operator]: { ...aud, ...condition } }
      : { StringEquals: aud, [operator]: condition };
  return token(what, github, Condition, found ? ["oidc-trust-subject"] : undefined);
}

export const trusts: readonly Found[] = [
  everyone({ StringEqualsIfExists: { "aws:PrincipalOrgID": "o-ours" } }),
  everyone({ "ForAllValues:StringEquals": { "aws:PrincipalOrgID": "o-ours" } }),
  everyone({ StringLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/admin" } }),
  everyone({ StringLike: { "aws:PrincipalAccount": "????????????" } }),
  everyone({ StringLike: { "aws:PrincipalOrgID": "o-*" } }),
  everyone({ StringLike: { "sts:ExternalId": "?*" } }),
  everyone({ StringNotEquals: { "aws:PrincipalAccount": own } }),
  everyone({ Null: { "aws:PrincipalOrgID": "false" } }),
  everyone({ IpAddress: { "aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"] } }),
  everyone({ StringEquals: { "aws:PrincipalTag/team": "platform" } }),
  everyone({ Bool: { "aws:MultiFactorAuthPresent": "true" } }),
  everyone({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-ours/r-ab12/*" } }, false),
  everyone({ StringEquals: { "aws:PrincipalOrgID": "o-ours" } }, false),
  everyone({ StringEquals: { "aws:principalorgid": "o-ours" } }, false),
  everyone({ ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${own}:role/deploy-*` } }, false),
  trust("any federation", { Principal: { Federated: "*" } }, ["iam-no-public-assume"]),
  trust("any service", { Principal: { Service: "*" } }, ["iam-no-public-assume"]),
  trust("a pattern AWS refuses", { Principal: { AWS: "arn:aws:iam::*:role/x" } }, ["iam-no-public-assume"]),
  trust("a list for Principal", { Principal: ["*"] }, ["iam-no-public-assume"]),
  trust("a whole account", { Principal: { AWS: "210987654321" } }, ["iam-no-public-assume"]),
  trust(
    "a whole account by IfExists",
    {
      Principal: { AWS: "arn:aws:iam::210987654321:root" },
      Condition: { StringEqualsIfExists: { "sts:ExternalId": "shared-with-them" } },
    },
    ["iam-no-public-assume"],
  ),
  trust("an account with an external id", {
    Principal: { AWS: "arn:aws:iam::210987654321:root" },
    Condition: { StringEquals: { "sts:ExternalId": "shared-with-them" } },
  }),
  trust("one role", { Principal: { AWS: "arn:aws:iam::210987654321:role/deploy" } }),
  trust("a service", { Principal: { Service: ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"] } }),
  trust("a SAML provider", {
    Principal: { Federated: `arn:aws:iam::${own}:saml-provider/okta` },
    Action: "sts:AssumeRoleWithSAML",
    Condition: { StringEquals: { "SAML:aud": "https://signin.aws.amazon.com/saml" } },
  }),

  subject("any environment", "repo:o/n:environment:*", true),
  subject("any ref, any tag", "repo:o/n:ref:*", true),
  subject("any branch", "repo:o/n:ref:refs/heads/*", true),
  subject("a context by its first letter", "repo:o/n:r*", true),
  subject("any context", "repo:o/n:*", true),
  subject("any repository of an owner", "repo:o/*", true),
  subject("repositories by prefix", "repo:o/n*:ref:refs/heads/main", true),
  subject("one letter left open in the owner", "repo:?/n:ref:refs/heads/main", true),
  subject("one of several left open", ["repo:o/n:environment:production", "repo:o/*"], true),
  subject("by IfExists of what is always there", "repo:o/n:environment:production", false, "StringEqualsIfExists"),
  subject("by negation", "repo:o/n:environment:production", true, "StringNotEquals"),
  subject("exact", "repo:o/n:environment:production", false, "StringEquals"),
  subject("exact by StringLike", "repo:o/n:ref:refs/heads/main", false),
  subject("a wildcard that StringEquals takes literally", "repo:o/n*", true, "StringEquals"),
  subject("a star that StringEquals takes literally", "*", true, "StringEquals"),
  subject(
    "a claim that a stranger's workflow can have",
    "workflow:x:repo:o/n:ref:refs/heads/main",
    true,
    "StringEquals",
  ),
  subject("no claim at all", "production", true, "StringEquals"),
  subject("the owner by id, in a subject of its own form", "repository_owner_id:12", false, "StringEquals"),
  subject("with ids", "repo:o@123/n@456:environment:production", false),
  subject("tags of a form", "repo:o/n:ref:refs/tags/v*", false),
  subject("ForAnyValue", "repo:o/n:environment:production", false, "ForAnyValue:StringEquals"),
  token("GitHub without sub", github, { StringEquals: aud }, ["oidc-trust-subject"]),
  ...["actor", "actor_id", "ref", "environment", "workflow", "event_name", "runner_environment"].map((claim) =>
    token(
      `GitHub by ${claim} alone, which a stranger's workflow can have`,
      github,
      {
        StringEquals: { ...aud, [`${github}:${claim}`]: "production" },
      },
      ["oidc-trust-subject"],
    ),
  ),
  token("GitHub by sub and what narrows it", github, {
    StringEquals: { ...aud, [`${github}:sub`]: "repo:o/n:ref:refs/heads/main", [`${github}:actor`]: "someone" },
  }),
  token("GitHub without aud", github, { StringEquals: { [`${github}:sub`]: "repo:o/n:environment:x" } }, [
    "oidc-trust-audience",
  ]),
  token("keys in another case", github, {
    StringEquals: {
      "Token.Actions.GitHubUserContent.com:AUD": "sts.amazonaws.com",
      "Token.Actions.GitHubUserContent.com:SUB": "repo:o/n:environment:production",
    },
  }),
  token("aud by ForAnyValue", github, {
    "ForAnyValue:StringEquals": aud,
    StringEquals: { [`${github}:sub`]: "repo:o/n:environment:production" },
  }),
  token("an enterprise's issuer", `${github}/example`, {
    StringEquals: {
      [`${github}/example:aud`]: "sts.amazonaws.com",
      [`${github}/example:sub`]: "repo:o/n:environment:production",
    },
  }),
  token("HCP Terraform, one workspace", "app.terraform.io", {
    StringEquals: { "app.terraform.io:aud": "aws.workload.identity" },
    StringLike: { "app.terraform.io:sub": "organization:o:project:p:workspace:w:run_phase:*" },
  }),
  token(
    "HCP Terraform, any workspace",
    "app.terraform.io",
    {
      StringEquals: { "app.terraform.io:aud": "aws.workload.identity" },
      StringLike: { "app.terraform.io:sub": "organization:o:project:p:workspace:*:run_phase:*" },
    },
    ["oidc-trust-subject"],
  ),
  token("GitLab without sub", gitlab, { StringEquals: { [`${gitlab}:aud`]: "https://gitlab.com" } }, [
    "oidc-trust-subject",
  ]),
  token(
    "GitLab, any project of a group",
    gitlab,
    {
      StringEquals: { [`${gitlab}:aud`]: "https://gitlab.com" },
      StringLike: { [`${gitlab}:sub`]: "project_path:g/*:ref_type:branch:ref:main" },
    },
    ["oidc-trust-subject"],
  ),
  token("GitLab without conditions", gitlab, {}, ["oidc-trust-audience"]),
  token("GitLab, one project", gitlab, {
    StringEquals: {
      [`${gitlab}:aud`]: "https://gitlab.com",
      [`${gitlab}:sub`]: "project_path:g/p:ref_type:branch:ref:main",
    },
  }),
];
