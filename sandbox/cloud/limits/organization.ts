import { constraint, type Limit } from "./limit.ts";

const organizations = "AWS Organizations API reference";
const quotas = "AWS Organizations user guide, Quotas for AWS Organizations";
const identityCenter = "IAM Identity Center API reference, CreatePermissionSet";
const catalogue = "Amazon ECR Public API reference, RepositoryCatalogDataInput";
const account = "aws:organizations/account:Account";
const policy = "aws:organizations/policy:Policy";
const permissionSet = "aws:ssoadmin/permissionSet:PermissionSet";

/** Both are written by the operation that makes a repository and by the one that changes its page. */
const catalogueText = (member: string, max: number): Limit => ({
  service: "ecr-public",
  operations: ["CreateRepository", "PutRepositoryCatalogData"],
  member: `catalogData.${member}`,
  from: [{ type: "aws:ecrpublic/repository:Repository", property: `catalogData.${member}` }],
  page: catalogue,
  code: "InvalidParameterException",
  refuse: constraint(`catalogData.${member}`, { max }),
});

export const organizationLimits: readonly Limit[] = [
  {
    service: "organizations",
    operations: ["CreateAccount"],
    member: "AccountName",
    from: [{ type: account, property: "name" }],
    page: `${organizations}, CreateAccount`,
    code: "InvalidInputException",
    refuse: constraint("accountName", { min: 1, max: 50, pattern: /^[\x20-\x7E]+$/ }),
  },
  {
    service: "organizations",
    operations: ["CreateAccount"],
    member: "Email",
    from: [{ type: account, property: "email" }],
    page: `${organizations}, CreateAccount`,
    code: "InvalidInputException",
    refuse: constraint("email", { min: 6, max: 64, pattern: /^\S+@\S+\.\S+$/ }),
  },
  {
    service: "organizations",
    operations: ["CreateOrganizationalUnit", "UpdateOrganizationalUnit"],
    member: "Name",
    from: [{ type: "aws:organizations/organizationalUnit:OrganizationalUnit", property: "name" }],
    page: `${organizations}, CreateOrganizationalUnit`,
    code: "InvalidInputException",
    refuse: constraint("name", { min: 1, max: 128 }),
  },
  {
    service: "organizations",
    operations: ["CreatePolicy", "UpdatePolicy"],
    member: "Description",
    from: [{ type: policy, property: "description" }],
    page: `${organizations}, CreatePolicy`,
    code: "InvalidInputException",
    refuse: constraint("description", { max: 512 }),
  },
  {
    service: "organizations",
    operations: ["CreatePolicy", "UpdatePolicy"],
    member: "Content",
    from: [{ type: policy, property: "content" }],
    // Of service and resource control policies, the kinds that are made here.
    page: quotas,
    code: "ConstraintViolationException",
    refuse: (value) =>
      value.length > 5120 ? "You have exceeded the maximum policy content size: 5120 characters" : undefined,
  },
  {
    service: "sso",
    operations: ["CreatePermissionSet"],
    member: "Name",
    from: [{ type: permissionSet, property: "name" }],
    page: identityCenter,
    code: "ValidationException",
    refuse: constraint("name", { min: 1, max: 32, pattern: /^[\w+=,.@-]+$/ }),
  },
  {
    service: "sso",
    operations: ["CreatePermissionSet", "UpdatePermissionSet"],
    member: "Description",
    from: [{ type: permissionSet, property: "description" }],
    page: identityCenter,
    code: "ValidationException",
    refuse: constraint("description", { min: 1, max: 700 }),
  },
  {
    service: "sso",
    operations: ["CreatePermissionSet", "UpdatePermissionSet"],
    member: "RelayState",
    from: [{ type: permissionSet, property: "relayState" }],
    page: identityCenter,
    code: "ValidationException",
    refuse: constraint("relayState", { min: 1, max: 240 }),
  },
  {
    service: "sso",
    operations: ["PutInlinePolicyToPermissionSet"],
    member: "InlinePolicy",
    from: [{ type: "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", property: "inlinePolicy" }],
    page: "IAM Identity Center API reference, PutInlinePolicyToPermissionSet",
    code: "ValidationException",
    refuse: constraint("inlinePolicy", { min: 1, max: 32_768 }),
  },
  catalogueText("description", 1024),
  catalogueText("aboutText", 25_600),
  catalogueText("usageText", 25_600),
];
