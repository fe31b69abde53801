import { covers, isEveryone, isNarrowed, readDocument, type Statement } from "../document.ts";
import { resourceRule } from "../rule.ts";
import { isScopable } from "./iam-actions.ts";
import { allowing, identityPolicies, isUnscoped } from "./iam-documents.ts";

const reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html";

export const iamRules = [
  resourceRule(identityPolicies, {
    name: "iam-no-star-star",
    level: "mandatory",
    severity: "critical",
    controls: ["IAM.1", "CKV_AWS_62", "CKV_AWS_63"],
    title: "No policy allows every action on every resource",
    why: "It is administrator by another name, in whatever assumes the role.",
    fix: "List the actions the role needs, and the resources it needs them on.",
    check: allowing((statement) =>
      isUnscoped(statement) && statement.actions.some((action) => covers(action, "any:action"))
        ? "allows every action on every resource"
        : undefined,
    ),
  }),
  resourceRule(identityPolicies, {
    name: "iam-no-not-action",
    level: "mandatory",
    severity: "high",
    controls: ["CKV_AWS_63"],
    title: "No policy allows everything but a list",
    why: "NotAction and NotResource grow with every service AWS adds.",
    fix: "List what is allowed in Action and Resource.",
    check: allowing(({ notActions, notResources }) =>
      notActions.length > 0 || notResources.length > 0 ? "uses NotAction or NotResource with Allow" : undefined,
    ),
  }),
  resourceRule(identityPolicies, {
    name: "iam-no-service-star",
    level: "advisory",
    severity: "medium",
    controls: ["IAM.21"],
    title: "No policy allows every action of a service",
    why: "A service's star includes its administration and whatever it learns to do later.",
    fix: "List the actions.",
    check: allowing(({ actions }) =>
      actions.some((action) => /^[a-z0-9-]+:\*$/i.test(action)) ? "allows every action of a service" : undefined,
    ),
  }),
  resourceRule(identityPolicies, {
    name: "iam-no-resource-star",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_355", "AwsSolutions-IAM5"],
    title: "Actions that can be scoped are scoped to resources",
    why: "Without a resource the role acts on everything of its kind in the account.",
    fix: "Name the ARNs in Resource.",
    check: allowing((statement) =>
      isUnscoped(statement) && statement.conditions.length === 0 && statement.actions.some(isScopable)
        ? "names every resource for actions that can be scoped"
        : undefined,
    ),
  }),
  ...unscopedActions("iam-no-privilege-escalation", "CKV_AWS_286", "IAM4", {
    title: "No policy lets its holder raise its own rights",
    why: "Passing any role, or editing any policy, is as good as being administrator.",
    actions: [
      "iam:PassRole",
      "iam:CreatePolicyVersion",
      "iam:SetDefaultPolicyVersion",
      "iam:AttachRolePolicy",
      "iam:PutRolePolicy",
      "iam:UpdateAssumeRolePolicy",
      "iam:CreateAccessKey",
      "iam:AddUserToGroup",
    ],
  }),
  ...unscopedActions("iam-no-credentials-exposure", "CKV_AWS_287", "IAM5", {
    title: "No policy hands out credentials of anything",
    why: "Credentials read once work elsewhere, outside this role's logs.",
    actions: [
      "iam:CreateAccessKey",
      "iam:CreateLoginProfile",
      "iam:UpdateLoginProfile",
      "sts:AssumeRole",
      "sts:GetFederationToken",
      "redshift:GetClusterCredentials",
      "lightsail:DownloadDefaultKeyPair",
      "rds-db:connect",
    ],
  }),
  ...unscopedActions("iam-no-data-exfiltration", "CKV_AWS_288", "IAM5", {
    title: "No policy reads the data of everything",
    why: "One role then reads every bucket, secret and parameter of the account.",
    actions: [
      "s3:GetObject",
      "secretsmanager:GetSecretValue",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
      "rds:CopyDBSnapshot",
      "dynamodb:Scan",
    ],
  }),
  ...unscopedActions("iam-no-permissions-management", "CKV_AWS_289", "IAM5", {
    title: "No policy manages the permissions of everything",
    why: "Whoever writes resource policies decides who reads the resources.",
    actions: [
      "s3:PutBucketPolicy",
      "s3:DeleteBucketPolicy",
      "kms:PutKeyPolicy",
      "kms:CreateGrant",
      "ecr:SetRepositoryPolicy",
      "lambda:AddPermission",
      "secretsmanager:PutResourcePolicy",
      "sqs:AddPermission",
      "sns:AddPermission",
    ],
  }),
  ...unscopedActions("iam-no-unconstrained-writes", "CKV_AWS_290", "IAM5", {
    title: "No policy writes to everything of a kind",
    why: "A fault or a break-in then destroys what the role never needed to touch.",
    actions: [
      "s3:PutObject",
      "s3:DeleteObject",
      "s3:DeleteBucket",
      "dynamodb:PutItem",
      "dynamodb:DeleteTable",
      "rds:DeleteDBInstance",
      "ecs:UpdateService",
      "lambda:UpdateFunctionCode",
      "secretsmanager:PutSecretValue",
      "kms:ScheduleKeyDeletion",
      "elasticloadbalancing:ModifyListener",
      "sqs:SendMessage",
    ],
  }),
  resourceRule("aws:iam/role:Role", {
    name: "iam-no-public-assume",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_60", "CKV_AWS_61"],
    url: reference,
    title: "Roles are assumed by named principals only",
    why: "A role anyone may assume belongs to anyone with an AWS account.",
    fix: "Name the service, role or account in Principal, or narrow it with a condition.",
    check: function* ({ assumeRolePolicy }) {
      const { statements, problem } = readDocument(assumeRolePolicy);
      if (problem !== undefined) yield `assumeRolePolicy ${problem}`;
      for (const statement of statements) {
        if (statement.allow && isOpenTrust(statement))
          yield `assumeRolePolicy ${statement.at} trusts principals it does not name`;
      }
    },
  }),
  resourceRule("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
    name: "iam-no-administrator",
    level: "mandatory",
    severity: "critical",
    controls: ["IAM.1", "CKV_AWS_274"],
    title: "No role has AdministratorAccess",
    why: "A role of the platform with full rights makes every other guard optional.",
    fix: "Attach a policy that lists what the role does.",
    check: ({ policyArn }) =>
      /\/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$/.test(policyArn)
        ? "policyArn is an administrator's policy"
        : undefined,
  }),
  resourceRule("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {
    name: "iam-no-aws-managed-policy",
    level: "advisory",
    severity: "low",
    controls: ["AwsSolutions-IAM4"],
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    title: "Roles use policies of their own rather than AWS's",
    why: "AWS's policies are wide and change without a plan.",
    fix: "Write the few statements the role needs as a policy of its own.",
    check: ({ policyArn }) =>
      /^arn:aws[a-z-]*:iam::aws:policy\//.test(policyArn) ? "policyArn is managed by AWS" : undefined,
  }),
  resourceRule("aws:iam/user:User", {
    name: "iam-no-users",
    level: "mandatory",
    severity: "high",
    controls: ["IAM.2", "CKV_AWS_273"],
    title: "People and machines have no IAM users",
    why: "A user's keys do not expire; logins through Identity Center and OIDC do.",
    fix: "Use Identity Center for people and a role with OIDC for machines.",
    check: () => "an IAM user is created",
  }),
  resourceRule("aws:iam/accessKey:AccessKey", {
    name: "iam-no-access-keys",
    level: "mandatory",
    severity: "critical",
    controls: ["IAM.3", "CKV_AWS_273"],
    title: "No access key is created in code",
    why: "The key's secret lands in state, and never expires.",
    fix: "Assume a role instead.",
    check: () => "an access key is created",
  }),
];

function unscopedActions(
  name: string,
  control: string,
  solution: string,
  { title, why, actions }: { title: string; why: string; actions: readonly string[] },
) {
  return [
    resourceRule(identityPolicies, {
      name,
      level: "advisory",
      severity: "high",
      controls: [control, `AwsSolutions-${solution}`],
      title,
      why,
      fix: "Name the ARNs in Resource, or take the action out.",
      check: allowing((statement) => {
        if (!isUnscoped(statement) || statement.conditions.length > 0) return undefined;
        const reached = actions.filter((literal) => statement.actions.some((action) => covers(action, literal)));
        return reached.length > 0 ? `allows ${reached.join(", ")} on every resource` : undefined;
      }),
    }),
  ];
}

function isOpenTrust(statement: Statement): boolean {
  if (statement.notPrincipal) return true;
  const open = statement.principals.some(
    (one) => isEveryone(one) || /^(\d{12}|arn:aws[a-z-]*:iam::\d{12}:root)$/.test(one.id),
  );
  return open && !isNarrowed(statement);
}
