import { type Found, json } from "./types.ts";

const type = "aws:iam/policy:Policy";
const sso = "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy";

function allow(what: string, statement: Record<string, unknown>, rules?: readonly string[]): Found {
  return {
    what,
    type,
    props: { policy: json({ Effect: "Allow", ...statement }) },
    ...(rules === undefined ? {} : { rules }),
  };
}

function everywhere(action: string, rule: string, extra: Record<string, unknown> = {}): Found {
  return allow(`${action} on * ${Object.keys(extra)}`, { Action: action, Resource: "*", ...extra }, [rule]);
}

function inline(what: string, statement: Record<string, unknown>): Found {
  return {
    what: `sso inline ${what}`,
    type: sso,
    props: { inlinePolicy: json({ Effect: "Allow", ...statement }) },
    rules: ["sso-no-inline-star"],
  };
}

function attached(of: string, property: string, arn: unknown): Found {
  return {
    what: `${of} ${JSON.stringify(arn)}`,
    type: `aws:iam/${of[0]?.toLowerCase()}${of.slice(1)}:${of}`,
    props: { [property]: arn },
    rules: ["iam-no-administrator"],
  };
}

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
const escalation = "iam-no-privilege-escalation";

export const identities: readonly Found[] = [
  ...["**", "arn:aws:*", "arn:*:*:*:*:*", "?*", "arn:*", "*?"].map((Resource) =>
    allow(`every action on ${Resource}`, { Action: "*", Resource }, ["iam-no-star-star"]),
  ),
  allow("every action by *:*", { Action: "*:*", Resource: "*" }, ["iam-no-star-star"]),
  allow("every action by ?*", { Action: "?*", Resource: "*" }, ["iam-no-star-star"]),
  allow("every action on IAM's resources", { Action: "*", Resource: "arn:aws:iam::*:*" }, ["iam-no-star-star"]),
  allow("all of IAM", { Action: "iam:*", Resource: "*" }, ["iam-no-star-star"]),
  allow("all of IAM by its verbs", { Action: ["iam:Put*", "iam:Attach*", "iam:Create*"], Resource: "*" }, [
    "iam-no-star-star",
  ]),
  allow("every action on one bucket (CKV_AWS_63)", { Action: ["*"], Resource: "arn:aws:s3:::a" }, [
    "iam-no-star-action",
  ]),
  allow("nothing left out by NotAction", { NotAction: [], Resource: "*" }, ["iam-no-not-action"]),
  allow("an Effect AWS refuses", { Effect: "allow", Action: "*", Resource: "*" }, ["iam-no-star-star"]),
  allow("no Effect", { Effect: undefined, Action: "*", Resource: "*" }, ["iam-no-star-star"]),
  inline("NotAction", { NotAction: "iam:*", Resource: "*" }),
  inline("NotResource", { Action: "s3:*", NotResource: "arn:aws:s3:::a" }),
  inline("all of IAM", { Action: "iam:*", Resource: "*" }),
  inline("every action", { Action: "*", Resource: "*" }),
  ...["PassRole", "AttachUserPolicy", "AttachGroupPolicy", "PutUserPolicy", "PutGroupPolicy", "CreateLoginProfile"].map(
    (one) => everywhere(`iam:${one}`, escalation),
  ),
  ...["UpdateLoginProfile", "DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary", "UpdateAccessKey"].map(
    (one) => everywhere(`iam:${one}`, escalation),
  ),
  allow("iam:PassRole on every role", { Action: "iam:PassRole", Resource: "arn:aws:iam::123456789012:role/*" }, [
    escalation,
  ]),
  allow("iam:PassRole on **", { Action: "iam:PassRole", Resource: "**" }, [escalation]),
  everywhere("iam:PassRole", escalation, { Condition: { StringLike: { "iam:PassedToService": "*" } } }),
  everywhere("iam:PassRole", escalation, { Condition: { Null: { "iam:PassedToService": "false" } } }),
  everywhere("iam:PassRole", escalation, { Condition: { StringNotEquals: { "iam:PassedToService": "x" } } }),
  everywhere("iam:PassRole", escalation, { Condition: { Bool: { "aws:SecureTransport": "true" } } }),
  everywhere("iam:P?ssRole", escalation),
  everywhere("iam:*", "iam-no-permissions-management"),
  everywhere("secretsmanager:BatchGetSecretValue", "iam-no-data-exfiltration"),
  allow("objects of every bucket", { Action: "s3:GetObject", Resource: "arn:aws:s3:::*" }, [
    "iam-no-data-exfiltration",
  ]),
  allow("every secret by its ARN", { Action: "secretsmanager:Get*", Resource: "arn:aws:secretsmanager:*:*:secret:*" }, [
    "iam-no-data-exfiltration",
  ]),
  allow("every key", { Action: "kms:Decrypt", Resource: "arn:aws:kms:*:*:key/*" }, ["kms-no-decrypt-everything"]),
  attached("PolicyAttachment", "policyArn", administrator),
  attached("UserPolicyAttachment", "policyArn", administrator),
  attached("GroupPolicyAttachment", "policyArn", administrator),
  attached("RolePolicyAttachment", "policyArn", "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"),
  attached("RolePolicyAttachment", "policyArn", "arn:aws:iam::aws:policy/job-function/SystemAdministrator"),
  attached("RolePolicyAttachment", "policyArn", "arn:aws:iam::aws:policy/job-function/DatabaseAdministrator"),
  attached("RolePolicyAttachmentsExclusive", "policyArns", ["arn:aws:iam::123456789012:policy/a", administrator]),
  attached("Role", "managedPolicyArns", [administrator]),
  ...["arn:aws-us-gov:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/PowerUserAccess"].map((arn) => ({
    what: `sso ${arn}`,
    type: "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
    props: { managedPolicyArn: arn },
    name: "developers",
    rules: ["sso-administrator-only-break-glass"],
  })),
  {
    what: "a user's login",
    type: "aws:iam/userLoginProfile:UserLoginProfile",
    props: { user: "u" },
    rules: ["iam-no-users"],
  },

  allow("ec2:Describe* on *", { Action: "ec2:Describe*", Resource: "*" }),
  allow("one role passed to one service", {
    Action: "iam:PassRole",
    Resource: "arn:aws:iam::123456789012:role/web",
    Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
  }),
  allow("a star that a denial takes back", { Action: "s3:Get*", Resource: "arn:aws:s3:::a/*" }),
  {
    what: "a budget that makes administrators",
    type: "aws:budgets/budgetAction:BudgetAction",
    props: {
      actionType: "APPLY_IAM_POLICY",
      definition: { iamActionDefinition: { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess", roles: ["r"] } },
    },
    rules: ["iam-no-administrator"],
  },
  {
    what: "a budget that takes rights away",
    type: "aws:budgets/budgetAction:BudgetAction",
    props: {
      actionType: "APPLY_SCP_POLICY",
      definition: { scpActionDefinition: { policyId: "p-1", targetIds: ["ou-1"] } },
    },
  },
];
