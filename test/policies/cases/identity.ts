import { type Domain, type Fault, policy } from "./types.ts";

const account = "arn:aws:iam::123456789012:root";
const bucket = "arn:aws:s3:::switchyard-files/*";
const scoped = policy({ Effect: "Allow", Action: "s3:GetObject", Resource: bucket });
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";
const role = "aws:iam/role:Role";
const issuer = "token.actions.githubusercontent.com";
const provider = `arn:aws:iam::123456789012:oidc-provider/${issuer}`;

function trust(...statements: readonly Record<string, unknown>[]): string {
  return policy(
    ...statements.map((one) => ({
      Effect: "Allow",
      Principal: { Federated: provider },
      Action: "sts:AssumeRoleWithWebIdentity",
      ...one,
    })),
  );
}

const exact = {
  [`${issuer}:aud`]: "sts.amazonaws.com",
  [`${issuer}:sub`]: "repo:example/switchyard:environment:production",
};

function allows(rule: string, action: string | string[], resource: unknown = "*"): Fault {
  return {
    rule,
    type: rolePolicy,
    change: { policy: policy({ Effect: "Allow", Action: action, Resource: resource }) },
  };
}

export const identity: Domain = {
  good: {
    "aws:iam/policy:Policy": { props: { policy: scoped } },
    [rolePolicy]: { props: { role: "web", policy: scoped } },
    "aws:iam/groupPolicy:GroupPolicy": { props: { group: "g", policy: scoped } },
    "aws:iam/userPolicy:UserPolicy": { props: { user: "u", policy: scoped } },
    [role]: {
      props: {
        assumeRolePolicy: trust({ Condition: { StringEquals: exact } }),
        inlinePolicies: [{ name: "own", policy: scoped }],
      },
    },
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
      props: { role: "web", policyArn: "arn:aws:iam::123456789012:policy/own" },
    },
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
      props: { url: `https://${issuer}`, clientIdLists: ["sts.amazonaws.com"] },
    },
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": {
      props: { managedPolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
      name: "break-glass-administrator",
    },
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": { props: { inlinePolicy: scoped } },
    "aws:ssoadmin/accountAssignment:AccountAssignment": { props: { principalType: "GROUP" } },
    "aws:ssoadmin/permissionSet:PermissionSet": { props: { sessionDuration: "PT4H" } },
    "aws:organizations/account:Account": {
      props: { name: "production", email: "aws@example.com", closeOnDeletion: false },
      protect: true,
    },
    "aws:organizations/policy:Policy": {
      props: { content: policy({ Effect: "Deny", Action: "organizations:LeaveOrganization", Resource: "*" }) },
    },
    "aws:organizations/organization:Organization": { props: { featureSet: "ALL" } },
    "aws:budgets/budget:Budget": { props: { notifications: [{ subscriberEmailAddresses: ["money@example.com"] }] } },
    "aws:cloudtrail/trail:Trail": {
      props: {
        ...{ s3BucketName: "log", kmsKeyId: "arn:aws:kms:us-east-1:123456789012:key/1", isMultiRegionTrail: true },
        ...{ enableLogFileValidation: true, includeGlobalServiceEvents: true, enableLogging: true },
      },
    },
    "aws:organizations/awsServiceAccess:AwsServiceAccess": { props: { servicePrincipal: "cloudtrail.amazonaws.com" } },
    "aws:organizations/delegatedAdministrator:DelegatedAdministrator": {
      props: { accountId: "123456789012", servicePrincipal: "guardduty.amazonaws.com" },
    },
    "aws:organizations/organizationalUnit:OrganizationalUnit": { props: { name: "live", parentId: "ou-1-2" } },
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": {
      props: { permissionsBoundary: { managedPolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" } },
    },
    "aws:identitystore/user:User": { props: { userName: "ann", emails: { value: "ann@example.com", primary: true } } },
    "aws:identitystore/group:Group": { props: { displayName: "developers", description: "Make the product" } },
    "aws:account/alternativeContact:AlternativeContact": {
      props: { alternateContactType: "SECURITY", emailAddress: "sec@example.com", phoneNumber: "+1 555 0100" },
    },
    "aws:kms/key:Key": {
      props: {
        enableKeyRotation: true,
        policy: policy({ Effect: "Allow", Principal: { AWS: account }, Action: "kms:*", Resource: "*" }),
      },
    },
    "aws:kms/keyPolicy:KeyPolicy": {
      props: { policy: policy({ Effect: "Allow", Principal: { AWS: account }, Action: "kms:*", Resource: "*" }) },
    },
    "aws:secretsmanager/secret:Secret": {
      props: { kmsKeyId: "arn:aws:kms:us-east-1:123456789012:key/1", recoveryWindowInDays: 30 },
    },
    "aws:ssm/parameter:Parameter": { props: { name: "/app/log-level", type: "String", value: "info" } },
    "aws:secretsmanager/secretPolicy:SecretPolicy": {
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: account },
          Action: "secretsmanager:GetSecretValue",
          Resource: "*",
        }),
      },
    },
    "aws:secretsmanager/secretRotation:SecretRotation": { props: { rotationRules: { automaticallyAfterDays: 30 } } },
  },
  faults: [
    {
      rule: "secret-plaintext",
      type: "aws:ssm/parameter:Parameter",
      change: { name: "/app/password", type: "String", value: "hunter22-canary" },
    },
    allows("iam-no-star-star", "*"),
    {
      rule: "iam-no-star-star",
      type: role,
      change: {
        inlinePolicies: [{ name: "all", policy: policy({ Effect: "Allow", Action: ["*"], Resource: ["*"] }) }],
      },
    },
    {
      rule: "iam-no-star-star",
      type: "aws:iam/policy:Policy",
      change: { policy: { Statement: { Effect: "Allow", Action: "*", Resource: "*" } } },
    },
    { rule: "iam-no-star-star", type: rolePolicy, change: { policy: "{ not json" } },
    {
      rule: "iam-no-not-action",
      type: rolePolicy,
      change: { policy: policy({ Effect: "Allow", NotAction: "iam:*", Resource: bucket }) },
    },
    allows("iam-no-star-action", "*", bucket),
    allows("iam-no-service-star", "s3:*", bucket),
    allows("iam-no-resource-star", "dynamodb:GetItem"),
    allows("iam-no-privilege-escalation", "iam:PassRole"),
    allows("iam-no-credentials-exposure", "sts:AssumeRole"),
    allows("iam-no-data-exfiltration", ["s3:Get*"]),
    allows("iam-no-permissions-management", "kms:PutKeyPolicy"),
    allows("iam-no-unconstrained-writes", "ecs:UpdateService"),
    {
      rule: "iam-no-public-assume",
      type: role,
      change: { assumeRolePolicy: policy({ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" }) },
    },
    {
      rule: "iam-no-public-assume",
      type: role,
      change: { assumeRolePolicy: policy({ Effect: "Allow", Principal: { AWS: account }, Action: "sts:AssumeRole" }) },
    },
    {
      rule: "iam-no-administrator",
      type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      change: { policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" },
    },
    ...["ReadOnly", "Billing", "job-function/ReadOnlyAccess", "aws-service-role/AWSSupportServiceRolePolicy"].map(
      (named) => ({
        rule: "iam-managed-policy-exists",
        type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        change: { policyArn: `arn:aws:iam::aws:policy/${named}` },
      }),
    ),
    {
      rule: "iam-no-aws-managed-policy",
      type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      change: { policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" },
    },
    {
      rule: "oidc-provider-audience",
      type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
      change: { clientIdLists: ["sts.amazonaws.com", "https://github.com/example"] },
    },
    {
      rule: "oidc-trust-audience",
      type: role,
      change: {
        assumeRolePolicy: trust({
          Condition: { StringEquals: { [`${issuer}:sub`]: "repo:example/switchyard:environment:production" } },
        }),
      },
    },
    {
      rule: "oidc-trust-audience",
      type: role,
      change: { assumeRolePolicy: trust({ Condition: { StringLike: { ...exact, [`${issuer}:aud`]: "*" } } }) },
    },
    {
      rule: "oidc-trust-subject",
      type: role,
      change: { assumeRolePolicy: trust({ Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" } } }) },
    },
    {
      rule: "oidc-trust-subject",
      type: role,
      change: {
        assumeRolePolicy: trust({ Condition: { StringLike: { ...exact, [`${issuer}:sub`]: "repo:example/*" } } }),
      },
    },
    {
      rule: "oidc-trust-subject",
      type: role,
      change: {
        assumeRolePolicy: trust(
          { Condition: { StringEquals: exact } },
          { Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" } } },
        ),
      },
    },
    {
      rule: "sso-administrator-only-break-glass",
      type: "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
      name: "developers",
    },
    {
      rule: "sso-no-inline-star",
      type: "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
      change: { inlinePolicy: policy({ Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::a" }) },
    },
    {
      rule: "sso-group-assignments",
      type: "aws:ssoadmin/accountAssignment:AccountAssignment",
      change: { principalType: "USER" },
    },
    {
      rule: "sso-session-duration",
      type: "aws:ssoadmin/permissionSet:PermissionSet",
      change: { sessionDuration: "P1D" },
    },
    { rule: "sso-session-duration", type: "aws:ssoadmin/permissionSet:PermissionSet", settings: { maximumHours: 2 } },
    { rule: "trail-complete", type: "aws:cloudtrail/trail:Trail", change: { isMultiRegionTrail: false } },
    { rule: "trail-complete", type: "aws:cloudtrail/trail:Trail", change: { includeGlobalServiceEvents: false } },
    { rule: "trail-complete", type: "aws:cloudtrail/trail:Trail", change: { enableLogFileValidation: false } },
    { rule: "trail-complete", type: "aws:cloudtrail/trail:Trail", change: { enableLogging: false } },
    {
      rule: "trail-complete",
      type: "aws:cloudtrail/trail:Trail",
      change: { eventSelectors: [{ includeManagementEvents: true, readWriteType: "WriteOnly" }] },
    },
    { rule: "trail-complete", type: "aws:cloudtrail/trail:Trail", change: { kmsKeyId: undefined } },
    {
      rule: "organization-trusted-services",
      type: "aws:organizations/awsServiceAccess:AwsServiceAccess",
      change: { servicePrincipal: "ssm.amazonaws.com" },
    },
    {
      rule: "organization-trusted-services",
      type: "aws:organizations/delegatedAdministrator:DelegatedAdministrator",
      settings: { services: ["cloudtrail.amazonaws.com"] },
    },
    {
      rule: "organization-units-below-the-root",
      type: "aws:organizations/organizationalUnit:OrganizationalUnit",
      change: { parentId: "123456789012" },
    },
    {
      rule: "sso-boundary-bounds",
      type: "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
      change: { permissionsBoundary: { managedPolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" } },
    },
    { rule: "identity-people-reachable", type: "aws:identitystore/user:User", change: { emails: undefined } },
    { rule: "identity-groups-described", type: "aws:identitystore/group:Group", change: { description: undefined } },
    {
      rule: "account-contact-reachable",
      type: "aws:account/alternativeContact:AlternativeContact",
      change: { emailAddress: "nobody" },
    },
    {
      rule: "account-contact-reachable",
      type: "aws:account/alternativeContact:AlternativeContact",
      change: { phoneNumber: "+ ()" },
    },
    {
      rule: "organization-accounts-protected",
      type: "aws:organizations/account:Account",
      change: { tags: { decommission: "false" } },
      protect: false,
    },
    { rule: "organization-accounts-protected", type: "aws:organizations/account:Account", protect: false },
    {
      rule: "organization-accounts-not-closed",
      type: "aws:organizations/account:Account",
      change: { closeOnDeletion: true },
    },
    {
      rule: "organization-policy-size",
      type: "aws:organizations/policy:Policy",
      change: {
        content: policy({
          Effect: "Deny",
          Action: Array.from({ length: 300 }, (_, i) => `service${i}:DeleteEverything`),
          Resource: "*",
        }),
      },
    },
    {
      rule: "organization-all-features",
      type: "aws:organizations/organization:Organization",
      change: { featureSet: "CONSOLIDATED_BILLING" },
    },
    {
      rule: "budget-has-subscriber",
      type: "aws:budgets/budget:Budget",
      change: { notifications: [{ threshold: 80 }] },
    },
    {
      rule: "kms-key-not-public",
      type: "aws:kms/key:Key",
      change: { policy: policy({ Effect: "Allow", Principal: { AWS: "*" }, Action: "kms:Decrypt", Resource: "*" }) },
    },
    {
      rule: "kms-key-not-public",
      type: "aws:kms/keyPolicy:KeyPolicy",
      change: { policy: policy({ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" }) },
    },
    { rule: "kms-key-rotation", type: "aws:kms/key:Key", change: { enableKeyRotation: undefined } },
    { rule: "kms-key-policy-written", type: "aws:kms/key:Key", change: { policy: undefined } },
    allows("kms-no-decrypt-everything", "kms:Decrypt"),
    { rule: "secret-recovery-window", type: "aws:secretsmanager/secret:Secret", change: { recoveryWindowInDays: 0 } },
    { rule: "secret-own-key", type: "aws:secretsmanager/secret:Secret", change: { kmsKeyId: undefined } },
    {
      rule: "secret-policy-not-public",
      type: "aws:secretsmanager/secretPolicy:SecretPolicy",
      change: {
        policy: policy({ Effect: "Allow", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" }),
      },
    },
    {
      rule: "secret-rotation-interval",
      type: "aws:secretsmanager/secretRotation:SecretRotation",
      change: { rotationRules: { automaticallyAfterDays: 365 } },
    },
    { rule: "iam-no-users", type: "aws:iam/user:User" },
    { rule: "iam-no-access-keys", type: "aws:iam/accessKey:AccessKey" },
  ],
};
