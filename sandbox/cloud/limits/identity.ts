import { all, constraint, type Limit, matching, never } from "./limit.ts";

const iam = "AWS Identity and Access Management user guide, IAM and AWS STS quotas";
const role = "aws:iam/role:Role";
const key = "aws:kms/key:Key";
const secret = "aws:secretsmanager/secret:Secret";
// biome-ignore lint/suspicious/noControlCharactersInRegex: IAM takes tabs and ends of lines
const latin = /^[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*$/;
const characters = (document: string) => document.replace(/\s/g, "").length;
const trustTooLong = (value: string) =>
  characters(value) > 2048 ? "Cannot exceed quota for ACLSizePerRole: 2048" : undefined;

export const identityLimits: readonly Limit[] = [
  {
    service: "iam",
    operations: ["CreateRole"],
    member: "RoleName",
    from: [{ type: role, property: "name", auto: true }],
    page: iam,
    code: "ValidationError",
    refuse: constraint("roleName", { min: 1, max: 64, pattern: /^[\w+=,.@-]+$/ }),
  },
  {
    service: "iam",
    operations: ["CreateRole", "UpdateRole"],
    member: "Description",
    from: [{ type: role, property: "description" }],
    page: "IAM API reference, CreateRole",
    code: "ValidationError",
    refuse: constraint("description", { max: 1000, pattern: latin }),
  },
  {
    service: "iam",
    operations: ["CreateRole"],
    member: "AssumeRolePolicyDocument",
    from: [{ type: role, property: "assumeRolePolicy" }],
    page: iam,
    code: "LimitExceeded",
    refuse: trustTooLong,
  },
  {
    service: "iam",
    operations: ["UpdateAssumeRolePolicy"],
    member: "PolicyDocument",
    page: iam,
    code: "LimitExceeded",
    refuse: trustTooLong,
  },
  {
    service: "iam",
    operations: ["PutRolePolicy"],
    member: "PolicyName",
    from: [{ type: "aws:iam/rolePolicy:RolePolicy", property: "name", auto: true }],
    page: iam,
    code: "ValidationError",
    refuse: constraint("policyName", { min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ }),
  },
  {
    service: "iam",
    operations: ["PutRolePolicy"],
    member: "PolicyDocument",
    from: [{ type: "aws:iam/rolePolicy:RolePolicy", property: "policy" }],
    page: iam,
    code: "LimitExceeded",
    refuse: (value) =>
      characters(value) > 10_240 ? "Maximum policy size of 10240 bytes exceeded for role" : undefined,
  },
  {
    service: "iam",
    operations: ["CreatePolicy", "CreatePolicyVersion"],
    member: "PolicyDocument",
    from: [{ type: "aws:iam/policy:Policy", property: "policy" }],
    page: iam,
    code: "LimitExceeded",
    refuse: (value) => (characters(value) > 6144 ? "Cannot exceed quota for PolicySize: 6144" : undefined),
  },
  {
    service: "kms",
    operations: ["CreateAlias"],
    member: "AliasName",
    from: [{ type: "aws:kms/alias:Alias", property: "name", auto: true }],
    page: "AWS KMS API reference, CreateAlias",
    code: "ValidationException",
    refuse: all(
      constraint("aliasName", { min: 1, max: 256, pattern: /^alias\/[a-zA-Z0-9/_-]+$/ }),
      never(/^alias\/aws\//, "Alias names beginning with alias/aws/ are reserved for AWS managed keys"),
    ),
  },
  {
    service: "kms",
    operations: ["CreateKey", "UpdateKeyDescription"],
    member: "Description",
    from: [{ type: key, property: "description" }],
    page: "AWS KMS API reference, CreateKey",
    code: "ValidationException",
    refuse: constraint("description", { max: 8192 }),
  },
  {
    service: "kms",
    operations: ["CreateKey", "PutKeyPolicy"],
    member: "Policy",
    from: [{ type: key, property: "policy" }],
    page: "AWS KMS developer guide, Resource quotas",
    code: "LimitExceededException",
    refuse: (value) => (value.length > 32_768 ? "Key policy document size exceeds the limit of 32 KB" : undefined),
  },
  {
    service: "secretsmanager",
    operations: ["CreateSecret"],
    member: "Name",
    from: [{ type: secret, property: "name", auto: true }],
    page: "AWS Secrets Manager API reference, CreateSecret",
    code: "ValidationException",
    refuse: matching(
      /^[a-zA-Z0-9/_+=.@!-]{1,512}$/,
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    ),
  },
  {
    service: "secretsmanager",
    operations: ["CreateSecret", "UpdateSecret"],
    member: "Description",
    from: [{ type: secret, property: "description" }],
    page: "AWS Secrets Manager API reference, CreateSecret",
    code: "ValidationException",
    refuse: constraint("description", { max: 2048 }),
  },
];
