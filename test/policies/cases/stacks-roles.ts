import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import { execution, of, role, taskOf } from "./stacks-nodes.ts";
import { policy, type StackCase } from "./types.ts";

const issuer = "token.actions.githubusercontent.com";
const secret: Node = {
  type: "aws:secretsmanager/secret:Secret",
  name: "app",
  props: { arn: "arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf" },
};
const otherSecret: Node = { type: "aws:secretsmanager/secret:Secret", name: "other", props: { arn: unknown } };
const definitions = (valueFrom: string) => JSON.stringify([{ name: "web", secrets: [{ name: "TOKEN", valueFrom }] }]);
const reading = (...Resource: string[]): Node => ({
  ...execution,
  props: { role: "execution", policy: policy({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource }) },
});
const started = [secret, role("own"), taskOf(definitions("arn:a"))];
/** An execution role given something beyond its tasks' secrets. */
const beyondScope = (bad: readonly Node[]): StackCase => ({
  rule: "execution-role-scope",
  good: [...started, role("execution"), execution],
  bad: [...started, ...bad],
});
const attachedTo = (name: string, policyArn: string, deps: Node["deps"] = {}): Node => ({
  type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  name: "attachment",
  props: { role: name, policyArn },
  deps: { role: [name], ...deps },
});
const ownPolicy = (document: string): Node => ({
  type: "aws:iam/policy:Policy",
  name: "own-policy",
  props: { arn: "arn:aws:iam::1:policy/PlanReadOnly", policy: document },
});
const everySecret = policy({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" });
const pullRequests = policy({
  Effect: "Allow",
  Principal: { Federated: `arn:aws:iam::1:oidc-provider/${issuer}` },
  Action: "sts:AssumeRoleWithWebIdentity",
  Condition: {
    StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: "repo:example/switchyard:pull_request" },
  },
});
const planPolicy = (...statements: Record<string, unknown>[]): Node => ({
  type: "aws:iam/rolePolicy:RolePolicy",
  name: "plan-policy",
  props: { role: "plan", policy: policy(...statements) },
  deps: { role: ["plan"] },
});
const reads = { Effect: "Allow", Action: ["s3:GetObject", "ec2:Describe*"], Resource: "arn:aws:s3:::state/*" };
const locks = {
  Effect: "Allow",
  Action: ["s3:PutObject", "s3:DeleteObject"],
  Resource: "arn:aws:s3:::state/.pulumi/locks/*",
};
const records = {
  Effect: "Allow",
  Action: "dynamodb:PutItem",
  Resource: "arn:aws:dynamodb:us-east-1:111111111111:table/ledger",
  Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["live#plan", "other#plan"] } },
};
/** A role that takes pull requests and does more than read. */
const writes = (bad: readonly Node[], good: readonly Node[] = [planPolicy(reads)]): StackCase => ({
  rule: "oidc-pull-requests-read-only",
  good: [role("plan", { assumeRolePolicy: pullRequests }), ...good],
  bad: [role("plan", { assumeRolePolicy: pullRequests }), ...bad],
});
const anySubject = policy({
  Effect: "Allow",
  Principal: { Federated: `arn:aws:iam::1:oidc-provider/${issuer}` },
  Action: "sts:AssumeRoleWithWebIdentity",
  Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" } },
});
const ofBranch = pullRequests.replace(":pull_request", ":ref:refs/heads/main");
const writer = policy({ Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::a/*" });
const pullRequestCases: readonly StackCase[] = [
  writes(
    [attachedTo("plan", "arn:aws:iam::1:policy/ElsewhereReadOnly")],
    [attachedTo("plan", "arn:aws:iam::aws:policy/ReadOnlyAccess")],
  ),
  writes(
    [ownPolicy(writer), attachedTo("plan", "arn:aws:iam::1:policy/PlanReadOnly")],
    [ownPolicy(policy(reads)), attachedTo("plan", "arn:aws:iam::1:policy/PlanReadOnly")],
  ),
  writes([
    {
      type: "aws:iam/policyAttachment:PolicyAttachment",
      name: "all",
      props: { roles: ["plan"], policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    },
  ]),
  writes([planPolicy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })]),
  writes([planPolicy({ Effect: "Allow", Action: "secretsmanager:Get*", Resource: "*" })]),
  writes([planPolicy({ Effect: "Allow", Action: "sts:GetFederationToken", Resource: "*" })]),
  writes([{ ...planPolicy(), props: { role: "plan", policy: "{" } }]),
  writes([planPolicy(reads, { ...locks, Resource: "arn:aws:s3:::*/.pulumi/locks/*" })], [planPolicy(reads, locks)]),
  ...[
    { Condition: undefined },
    { Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["live#plan", "live"] } } },
    { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*#plan"] } } },
    { Condition: { "ForAnyValue:StringEquals": { "dynamodb:LeadingKeys": ["live#plan"] } } },
    { Action: ["dynamodb:PutItem", "dynamodb:DeleteItem"] },
    { Resource: "*" },
  ].map((wider) => writes([planPolicy(reads, { ...records, ...wider })], [planPolicy(reads, records)])),
  {
    rule: "oidc-pull-requests-read-only",
    good: [role("plan", { assumeRolePolicy: ofBranch }), planPolicy({ ...locks, Resource: "arn:aws:s3:::state/*" })],
    bad: [role("plan", { assumeRolePolicy: anySubject }), planPolicy({ ...locks, Resource: "arn:aws:s3:::state/*" })],
  },
];
const foreign = "arn:aws:secretsmanager:us-east-1:1:secret:foreign-AbCdEf";
const secretTask = (container: Record<string, unknown>) =>
  taskOf(JSON.stringify([{ name: "web", ...container }]), { deps: {} });
const parameter = of("aws:ssm/parameter:Parameter", "p", {
  name: "/web/token",
  arn: "arn:aws:ssm:us-east-1:1:parameter/web/token",
});
/** Every place a container takes a secret from, in either case. */
const secretCases: readonly StackCase[] = [
  { Secrets: [{ Name: "TOKEN", ValueFrom: foreign }] },
  { repositoryCredentials: { credentialsParameter: foreign } },
  { logConfiguration: { logDriver: "splunk", secretOptions: [{ name: "splunk-token", valueFrom: foreign }] } },
  { secrets: [{ name: "TOKEN", valueFrom: "/elsewhere/token" }] },
].map((container) => ({
  rule: "secrets-of-this-stack",
  good: [
    parameter,
    secretTask({
      secrets: [
        { name: "A", valueFrom: "/web/token" },
        { name: "B", valueFrom: "arn:aws:ssm:us-east-1:1:parameter/web/token" },
      ],
    }),
  ],
  bad: [secretTask(container)],
}));

/** Rules on what roles may do, and where tasks take their secrets from. */
export const roleCases: readonly StackCase[] = [
  {
    rule: "secrets-of-this-stack",
    good: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf:token::")),
    ],
    bad: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:aws:secretsmanager:us-east-1:1:secret:foreign-AbCdEf")),
    ],
    undecided: [secret, role("execution"), role("own"), taskOf(unknown)],
  },
  {
    rule: "oidc-pull-requests-read-only",
    good: [role("plan", { assumeRolePolicy: pullRequests }), planPolicy(reads, locks)],
    bad: [
      role("plan", { assumeRolePolicy: pullRequests }),
      planPolicy(reads, { ...locks, Resource: "arn:aws:s3:::state/*" }),
    ],
    undecided: [role("plan", { assumeRolePolicy: unknown })],
  },
  {
    rule: "execution-role-scope",
    good: [secret, otherSecret, role("execution"), role("own"), taskOf(definitions("arn:a")), execution],
    bad: [
      secret,
      otherSecret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      reading("arn:a", "arn:aws:secretsmanager:us-east-1:1:secret:other-AbCdEf"),
    ],
    undecided: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      { ...execution, props: { role: "execution", policy: unknown } },
    ],
  },
  {
    rule: "execution-role-scope",
    good: [secret, role("execution"), role("own"), taskOf(definitions("arn:a")), execution],
    bad: [
      secret,
      role("execution"),
      role("own"),
      taskOf(definitions("arn:a")),
      {
        ...execution,
        props: { role: "execution", policy: policy({ Effect: "Allow", Action: "secretsmanager:*", Resource: "*" }) },
      },
    ],
  },
  ...secretCases,
  beyondScope([role("execution", { inlinePolicies: [{ name: "p", policy: everySecret }] })]),
  beyondScope([role("execution"), attachedTo("execution", "arn:aws:iam::aws:policy/SecretsManagerReadWrite")]),
  beyondScope([
    role("execution"),
    ownPolicy(everySecret),
    attachedTo("execution", "arn:aws:iam::1:policy/PlanReadOnly"),
  ]),
  beyondScope([
    role("execution"),
    {
      ...execution,
      props: {
        role: "execution",
        policy: policy({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", NotResource: "arn:b" }),
      },
    },
  ]),
  beyondScope([role("execution"), reading("arn:aws:secretsmanager:us-east-1:1:secret:*-AbCdEf")]),
  beyondScope([role("execution"), reading("arn:aws:secretsmanager:us-east-1:1:secret:elsewhere-AbCdEf")]),
  beyondScope([
    role("execution"),
    {
      ...execution,
      props: { role: "execution", policy: policy({ Effect: "Allow", Action: "ssm:GetParameters", Resource: "*" }) },
    },
  ]),
  ...pullRequestCases,
];
