import type { Fixtures } from "../fixtures.ts";
import { type Case, policy, tags } from "./case.ts";

const instance = { instanceArn: "" };
/** Set by the suite: the organization's root and Identity Center's instance, as moto has them. */
export const organization = { root: "", instance, identityStoreId: "" };

let count = 0;
const address = () => `aws+${++count}-${Date.now()}@example.com`;

const account = (f: Fixtures) => f.make("aws:organizations/account:Account", { email: address() });
const permissionSet = async (f: Fixtures) => ({
  permissionSetArn: (await f.make("aws:ssoadmin/permissionSet:PermissionSet", { ...organization.instance })).state[
    "arn"
  ],
  ...organization.instance,
});
const store = () => ({ identityStoreId: organization.identityStoreId });
const group = async (f: Fixtures) =>
  (await f.make("aws:identitystore/group:Group", { ...store(), displayName: address() })).state["groupId"];
const person = (userName = address()) => ({
  ...store(),
  userName,
  displayName: "Ann Archer",
  name: { givenName: "Ann", familyName: "Archer" },
  emails: { value: "ann@example.com", primary: true, type: "work" },
});
const notification = (threshold: number, ...subscriberEmailAddresses: string[]) => ({
  comparisonOperator: "GREATER_THAN",
  notificationType: "ACTUAL",
  threshold,
  thresholdType: "PERCENTAGE",
  subscriberEmailAddresses,
});

export const organizationCases: Record<string, Case> = {
  "aws:organizations/organizationalUnit:OrganizationalUnit": {
    inputs: () => ({ parentId: organization.root, ...tags }),
    update: { name: `renamed-${Date.now()}`, tags: { a: "b" } },
    replace: { parentId: "ou-other" },
    outputs: ["arn"],
  },
  "aws:organizations/account:Account": {
    inputs: () => ({ email: address(), parentId: organization.root, ...tags }),
    update: async (f) => ({
      parentId: (
        await f.make("aws:organizations/organizationalUnit:OrganizationalUnit", { parentId: organization.root })
      ).id,
      tags: { a: "b" },
    }),
    replace: { email: "other@example.com" },
    outputs: ["arn", "status"],
  },
  "aws:organizations/policy:Policy": {
    inputs: () => ({ content: policy("s3:DeleteBucket"), description: "one", ...tags }),
    update: { content: policy("s3:PutObject"), description: "two" },
    replace: { type: "RESOURCE_CONTROL_POLICY" },
    outputs: ["arn"],
  },
  "aws:organizations/policyAttachment:PolicyAttachment": {
    inputs: async (f) => ({
      policyId: (await f.make("aws:organizations/policy:Policy", { content: policy("s3:DeleteBucket") })).id,
      targetId: (
        await f.make("aws:organizations/organizationalUnit:OrganizationalUnit", { parentId: organization.root })
      ).id,
    }),
    replace: { targetId: "other" },
  },
  "aws:organizations/delegatedAdministrator:DelegatedAdministrator": {
    inputs: async (f) => ({ accountId: (await account(f)).id, servicePrincipal: "access-analyzer.amazonaws.com" }),
    replace: { servicePrincipal: "guardduty.amazonaws.com" },
    outputs: ["arn"],
  },
  "aws:organizations/awsServiceAccess:AwsServiceAccess": {
    inputs: () => ({ servicePrincipal: "cloudtrail.amazonaws.com" }),
    replace: { servicePrincipal: "ram.amazonaws.com" },
  },
  "aws:ssoadmin/permissionSet:PermissionSet": {
    inputs: () => ({ ...organization.instance, description: "one", sessionDuration: "PT4H", ...tags }),
    update: { description: "two", sessionDuration: "PT8H", relayState: "https://example.com", tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn"],
  },
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": {
    inputs: async (f) => ({ ...(await permissionSet(f)), inlinePolicy: policy("s3:GetObject") }),
    update: { inlinePolicy: policy("s3:PutObject") },
    replace: { permissionSetArn: "other" },
  },
  "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": {
    inputs: async (f) => ({ ...(await permissionSet(f)), managedPolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }),
    replace: { managedPolicyArn: "arn:aws:iam::aws:policy/PowerUserAccess" },
    outputs: ["managedPolicyName"],
  },
  "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": {
    inputs: async (f) => ({
      ...(await permissionSet(f)),
      permissionsBoundary: { managedPolicyArn: "arn:aws:iam::aws:policy/PowerUserAccess" },
    }),
    replace: { permissionsBoundary: { customerManagedPolicyReference: { name: "boundary", path: "/" } } },
  },
  "aws:ssoadmin/accountAssignment:AccountAssignment": {
    inputs: async (f) => ({
      ...(await permissionSet(f)),
      ...{ principalType: "GROUP", principalId: await group(f) },
      ...{ targetType: "AWS_ACCOUNT", targetId: (await account(f)).id },
    }),
    replace: { principalId: "other" },
  },
  "aws:identitystore/group:Group": {
    inputs: () => ({ ...store(), displayName: address(), description: "one" }),
    update: { displayName: `renamed-${Date.now()}`, description: "two" },
    replace: { identityStoreId: "d-other" },
    outputs: ["groupId"],
  },
  "aws:identitystore/user:User": {
    inputs: () => person(),
    update: {
      displayName: "Ann Baker",
      name: { givenName: "Ann", familyName: "Baker" },
      emails: { value: "baker@example.com", primary: true, type: "work" },
    },
    replace: { userName: "other" },
    outputs: ["userId"],
  },
  "aws:identitystore/groupMembership:GroupMembership": {
    inputs: async (f) => ({
      ...store(),
      groupId: await group(f),
      memberId: (await f.make("aws:identitystore/user:User", person())).state["userId"],
    }),
    replace: { groupId: "other" },
    outputs: ["membershipId"],
  },
  "aws:account/alternativeContact:AlternativeContact": {
    inputs: async (f) => ({
      ...{ accountId: (await account(f)).id, alternateContactType: "SECURITY" },
      ...{ name: "Ann", title: "Platform", emailAddress: "ann@example.com", phoneNumber: "+1 555 0100" },
    }),
    update: { name: "Ben", title: "Ops", emailAddress: "ben@example.com", phoneNumber: "+1 555 0101" },
    replace: { alternateContactType: "BILLING" },
  },
  "aws:budgets/budget:Budget": {
    inputs: () => ({
      ...{ budgetType: "COST", timeUnit: "MONTHLY", limitAmount: "100.0", limitUnit: "USD" },
      costFilters: [{ name: "LinkedAccount", values: ["123456789012"] }],
      notifications: [notification(80, "a@example.com")],
      ...tags,
    }),
    update: { limitAmount: "200.0", notifications: [notification(90, "a@example.com", "b@example.com")] },
    replace: { name: "other" },
    outputs: ["arn"],
  },
  "aws:cloudtrail/trail:Trail": {
    inputs: async (f) => ({ s3BucketName: await f.bucket(), isMultiRegionTrail: true, ...tags }),
    update: { enableLogFileValidation: true, enableLogging: false, tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn"],
  },
};
