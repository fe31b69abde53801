import { covered, isScopable } from "@switchyard/iam/actions.ts";
import { covers, type PolicyDocument, readDocument, type Statement } from "@switchyard/iam/document.ts";
import { unknownManagedPolicy } from "../../programs/managed-policies.ts";
import { allowsAllOfIam, isAdministratorsPolicy, stepsToAdministrator } from "../meaning/escalation.ts";
import { allowsEverything, isNarrowed, isUnscoped, unlimited } from "../meaning/holder.ts";
import { trustedStrangers } from "../meaning/trust.ts";
import { type ResourceType, resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { elementsOf, peek } from "../unknown.ts";
import { allowing, identityPolicies, listedActions } from "./iam-documents.ts";

const reference = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html";

/** The resource types that give an identity a policy by its ARN. */
const attachments = [
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/policyAttachment:PolicyAttachment",
  "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
  "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
  "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
  "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
  "aws:iam/role:Role",
] as const satisfies readonly ResourceType[];

/** Credentials that do not expire. */
const longLived = [
  "aws:iam/accessKey:AccessKey",
  "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
  "aws:iam/signingCertificate:SigningCertificate",
  "aws:iam/sshKey:SshKey",
] as const satisfies readonly ResourceType[];

export const iamRules = [
  resourceRule(identityPolicies, {
    name: "iam-no-star-star",
    level: "mandatory",
    severity: "critical",
    controls: ["IAM.1", "CKV_AWS_62", "CKV_AWS_63"],
    title: "No policy allows every action on every resource",
    why: "It is administrator by another name, in whatever assumes the role.",
    fix: "List the actions the role needs, and the resources it needs them on.",
    check: allowing((statement, document) => {
      if (allowsEverything(document, statement)) return "allows every action on every resource";
      return allowsAllOfIam(document, statement)
        ? "allows all of IAM, with which its holder gives itself the rest"
        : undefined;
    }),
  }),
  resourceRule(identityPolicies, {
    name: "iam-no-star-action",
    level: "mandatory",
    severity: "high",
    controls: ["CKV_AWS_63"],
    title: "No policy allows every action",
    why: "Every action on one resource includes giving it away, and deleting it.",
    fix: "List the actions the role needs.",
    check: allowing(({ actions }) =>
      actions.some((action) => covers(action, "unnamed:Unnamed")) ? "allows every action" : undefined,
    ),
  }),
  resourceRule(identityPolicies, {
    name: "iam-no-not-action",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
    title: "No policy allows everything but a list",
    why: "NotAction and NotResource grow with every service AWS adds.",
    fix: "List what is allowed in Action and Resource.",
    check: allowing(({ byNotAction, byNotResource }) =>
      byNotAction || byNotResource ? "uses NotAction or NotResource with Allow" : undefined,
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
      actions.some((action) => /^[a-z0-9-]+:[*?]*\*[*?]*$/i.test(action))
        ? "allows every action of a service"
        : undefined,
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
      isUnscoped(statement) && !isNarrowed(statement) && statement.actions.some(isScopable)
        ? "names every resource for actions that can be scoped"
        : undefined,
    ),
  }),
  unlimitedActions("iam-no-privilege-escalation", ["CKV_AWS_286"], {
    title: "No policy lets its holder raise its own rights",
    why: "Passing any role, or editing any policy, is as good as being administrator.",
    find: stepsToAdministrator,
  }),
  unlimitedActions("iam-no-credentials-exposure", ["CKV_AWS_287", "AwsSolutions-IAM5"], {
    title: "No policy hands out credentials of anything",
    why: "Credentials read once work elsewhere, outside this role's logs.",
    find: (document, statement) =>
      unlimited(document, statement, [
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "sts:AssumeRole",
        "sts:GetFederationToken",
        "redshift:GetClusterCredentials",
        "redshift-serverless:GetCredentials",
        "lightsail:DownloadDefaultKeyPair",
        "cognito-identity:GetCredentialsForIdentity",
        "codeartifact:GetAuthorizationToken",
        "rds-db:connect",
      ]),
  }),
  unlimitedActions("iam-no-data-exfiltration", ["CKV_AWS_288", "AwsSolutions-IAM5"], {
    title: "No policy reads the data of everything",
    why: "One role then reads every bucket, secret and parameter of the account.",
    find: (document, statement) =>
      unlimited(document, statement, [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "rds:CopyDBSnapshot",
        "rds:CopyDBClusterSnapshot",
        "dynamodb:BatchGetItem",
        "dynamodb:ExportTableToPointInTime",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
      ]),
  }),
  unlimitedActions("iam-no-permissions-management", ["CKV_AWS_289", "AwsSolutions-IAM5"], {
    title: "No policy manages the permissions of everything",
    why: "Whoever writes resource policies decides who reads the resources.",
    find: (document, statement) => unlimited(document, statement, actionsAt(statement, "Permissions management")),
  }),
  unlimitedActions("iam-no-unconstrained-writes", ["CKV_AWS_290", "AwsSolutions-IAM5"], {
    title: "No policy writes to everything of a kind",
    why: "A fault or a break-in then destroys what the role never needed to touch.",
    find: (document, statement) => unlimited(document, statement, actionsAt(statement, "Write")),
  }),
  resourceRule("aws:iam/role:Role", {
    name: "iam-no-public-assume",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_60", "CKV_AWS_61"],
    url: reference,
    title: "Roles are assumed by named principals only",
    why: "A role anyone may assume belongs to anyone with an AWS account.",
    fix: "Name the service, role or account in Principal, or narrow it with a condition that only they meet.",
    check: function* ({ assumeRolePolicy }) {
      const document = readDocument(assumeRolePolicy);
      if (document.problem !== undefined) yield `assumeRolePolicy ${document.problem}`;
      for (const statement of document.statements) {
        const [first] = trustedStrangers(document, statement);
        if (first !== undefined)
          yield `assumeRolePolicy ${statement.at} trusts principals it does not name: ${first.who}`;
      }
    },
  }),
  resourceRule([...attachments, "aws:budgets/budgetAction:BudgetAction"], {
    name: "iam-no-administrator",
    level: "mandatory",
    severity: "critical",
    controls: ["IAM.1", "CKV_AWS_274", "CKV2_AWS_56"],
    title: "Nothing has AdministratorAccess, or a policy as good as it",
    why: "A role of the platform with full rights makes every other guard optional.",
    fix: "Attach a policy that lists what the role does.",
    check: function* (props) {
      for (const [at, arn] of attachedArns(props))
        if (isAdministratorsPolicy(arn)) yield `${at} is an administrator's policy`;
    },
  }),
  resourceRule(attachments, {
    name: "iam-no-aws-managed-policy",
    level: "advisory",
    severity: "low",
    controls: ["AwsSolutions-IAM4"],
    url: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    title: "Roles use policies of their own rather than AWS's",
    why: "AWS's policies are wide and change without a plan.",
    fix: "Write the few statements the role needs as a policy of its own.",
    check: function* (props) {
      for (const [at, arn] of attachedArns(props))
        if (/^arn:aws[a-z-]*:iam::aws:policy\//.test(arn)) yield `${at} is managed by AWS`;
    },
  }),
  resourceRule(attachments, {
    name: "iam-managed-policy-exists",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html",
    title: "What is attached of AWS's own policies is one that AWS has",
    why: "A name that there is not is refused in the middle of the update.",
    fix: "Correct the name, and the path before it; one that is newer than the list add to the setting newer.",
    settings: {
      newer: setting.strings([], "AWS's policies newer than iam/managed-policies.txt, such as `service-role/X`"),
    },
    check: function* (props, { settings }) {
      for (const [at, arn] of attachedArns(props)) {
        const unknown = unknownManagedPolicy(arn, settings.newer);
        if (unknown !== undefined)
          yield `${at} is ${unknown.name}${unknown.meant && `, where AWS has ${unknown.meant}`}`;
      }
    },
  }),
  resourceRule(["aws:iam/user:User", "aws:iam/userLoginProfile:UserLoginProfile"], {
    name: "iam-no-users",
    level: "mandatory",
    severity: "high",
    controls: ["CKV_AWS_273"],
    title: "People and machines have no IAM users",
    why: "A user's keys do not expire; logins through Identity Center and OIDC do.",
    fix: "Use Identity Center for people and a role with OIDC for machines.",
    check: (_, { type }) => (type.includes("LoginProfile") ? "a user's password is created" : "an IAM user is created"),
  }),
  resourceRule(longLived, {
    name: "iam-no-access-keys",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_273"],
    title: "No access key is created in code",
    why: "The key's secret lands in state, and never expires.",
    fix: "Assume a role instead.",
    check: (_, { type }) =>
      type.endsWith(":AccessKey") ? "an access key is created" : "a user's lasting credential is created",
  }),
];

function unlimitedActions(
  name: string,
  controls: readonly string[],
  {
    title,
    why,
    find,
  }: {
    readonly title: string;
    readonly why: string;
    readonly find: (document: PolicyDocument, statement: Statement) => readonly string[];
  },
) {
  return resourceRule(identityPolicies, {
    name,
    level: "advisory",
    severity: "high",
    controls,
    title,
    why,
    fix: "Name the ARNs in Resource, or take the action out.",
    check: allowing((statement, document) => {
      const reached = find(document, statement);
      return reached.length > 0 ? `allows ${listedActions(reached)} on resources it does not name` : undefined;
    }),
  });
}

/** The scopable actions a statement's patterns cover that do this. */
function actionsAt({ actions }: Statement, level: "Write" | "Permissions management"): readonly string[] {
  const reached = actions
    .flatMap(covered)
    .filter(({ accessLevels, resources }) => accessLevels.includes(level) && resources.length > 0);
  return [...new Set(reached.map(({ name }) => name))];
}

/** The ARNs of policies a resource attaches, each with its property. */
function* attachedArns(props: object): Iterable<readonly [at: string, arn: string]> {
  if ("policyArn" in props && typeof props.policyArn === "string") yield ["policyArn", props.policyArn];
  // An action of a budget attaches it when the budget is passed.
  const byBudget = "definition" in props ? peek(props.definition as object, "iamActionDefinition") : undefined;
  const arn = typeof byBudget === "object" && byBudget !== null ? peek(byBudget, "policyArn") : undefined;
  if (typeof arn === "string") yield ["definition.iamActionDefinition.policyArn", arn];
  for (const property of ["policyArns", "managedPolicyArns"]) {
    if (!(property in props)) continue;
    for (const [index, arn] of elementsOf(props, property).entries())
      if (typeof arn === "string") yield [`${property}[${index}]`, arn];
  }
}
