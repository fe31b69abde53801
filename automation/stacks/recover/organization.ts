import type * as organizationsSdk from "@aws-sdk/client-organizations";
import { callerOf } from "../../aws/caller.ts";
import { type Finder, ifFound, type Look, textOf } from "./find.ts";

async function organizations({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  return { sdk, client };
}
async function identityCenter({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sso-admin"), aws.client("sso")]);
  return { sdk, client };
}
async function directory({ aws }: Look) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-identitystore"), aws.client("identitystore")]);
  return { sdk, client };
}

/** The id of the first thing in a list of pages that is the one. */
async function firstIn<Page, T extends { readonly Id?: string | undefined }>(
  pages: AsyncIterable<Page>,
  listed: (page: Page) => readonly T[] | undefined,
  is: (one: T) => boolean,
): Promise<string | undefined> {
  for await (const page of pages) {
    const found = listed(page)?.find(is);
    if (found !== undefined) return found.Id;
  }
  return undefined;
}

const memberOf = (inputs: Parameters<Finder>[0]) => ({
  IdentityStoreId: textOf(inputs, "identityStoreId"),
  GroupId: textOf(inputs, "groupId"),
  MemberId: { UserId: textOf(inputs, "memberId") },
});

/** Things AWS lets exist but once in an organization under their name, or between the same two things. */
export const organizationFinders: Readonly<Record<string, Finder>> = {
  "aws:organizations/account:Account": async (inputs, look) => {
    const { sdk, client } = await organizations(look);
    const address = textOf(inputs, "email").toLowerCase();
    return firstIn(
      sdk.paginateListAccounts({ client }, {}),
      ({ Accounts }) => Accounts,
      ({ Email }) => Email?.toLowerCase() === address,
    );
  },
  "aws:organizations/organizationalUnit:OrganizationalUnit": async (inputs, look) => {
    const { sdk, client } = await organizations(look);
    return firstIn(
      sdk.paginateListOrganizationalUnitsForParent({ client }, { ParentId: textOf(inputs, "parentId") }),
      ({ OrganizationalUnits }) => OrganizationalUnits,
      ({ Name }) => Name === inputs["name"],
    );
  },
  "aws:organizations/policy:Policy": async (inputs, look) => {
    const { sdk, client } = await organizations(look);
    return firstIn(
      sdk.paginateListPolicies({ client }, { Filter: textOf(inputs, "type") as organizationsSdk.PolicyType }),
      ({ Policies }) => Policies,
      ({ Name }) => Name === inputs["name"],
    );
  },
  "aws:organizations/policyAttachment:PolicyAttachment": async (inputs, look) => {
    const { sdk, client } = await organizations(look);
    const [PolicyId, target] = [textOf(inputs, "policyId"), textOf(inputs, "targetId")];
    for await (const { Targets = [] } of sdk.paginateListTargetsForPolicy({ client }, { PolicyId }))
      if (Targets.some(({ TargetId }) => TargetId === target)) return `${target}:${PolicyId}`;
    return undefined;
  },
  "aws:organizations/delegatedAdministrator:DelegatedAdministrator": async (inputs, look) => {
    const { sdk, client } = await organizations(look);
    const [account, ServicePrincipal] = [textOf(inputs, "accountId"), textOf(inputs, "servicePrincipal")];
    const pages = sdk.paginateListDelegatedAdministrators({ client }, { ServicePrincipal });
    for await (const { DelegatedAdministrators = [] } of pages)
      if (DelegatedAdministrators.some(({ Id }) => Id === account)) return `${account}/${ServicePrincipal}`;
    return undefined;
  },
  "aws:ssoadmin/permissionSet:PermissionSet": async (inputs, look) => {
    const { sdk, client } = await identityCenter(look);
    const InstanceArn = textOf(inputs, "instanceArn");
    for await (const { PermissionSets = [] } of sdk.paginateListPermissionSets({ client }, { InstanceArn }))
      for (const PermissionSetArn of PermissionSets) {
        const answer = await client.send(new sdk.DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }));
        if (answer.PermissionSet?.Name === inputs["name"]) return `${PermissionSetArn},${InstanceArn}`;
      }
    return undefined;
  },
  "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": async (inputs, look) => {
    const { sdk, client } = await identityCenter(look);
    const [InstanceArn, PermissionSetArn] = [textOf(inputs, "instanceArn"), textOf(inputs, "permissionSetArn")];
    const policy = textOf(inputs, "managedPolicyArn");
    const pages = sdk.paginateListManagedPoliciesInPermissionSet({ client }, { InstanceArn, PermissionSetArn });
    for await (const { AttachedManagedPolicies = [] } of pages)
      if (AttachedManagedPolicies.some(({ Arn }) => Arn === policy))
        return `${policy},${PermissionSetArn},${InstanceArn}`;
    return undefined;
  },
  "aws:identitystore/group:Group": async (inputs, look) => {
    const { sdk, client } = await directory(look);
    const IdentityStoreId = textOf(inputs, "identityStoreId");
    const UniqueAttribute = { AttributePath: "displayName", AttributeValue: textOf(inputs, "displayName") };
    const command = new sdk.GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } });
    const found = await ifFound(client.send(command));
    return found && `${IdentityStoreId}/${found.GroupId}`;
  },
  "aws:identitystore/user:User": async (inputs, look) => {
    const { sdk, client } = await directory(look);
    const IdentityStoreId = textOf(inputs, "identityStoreId");
    const UniqueAttribute = { AttributePath: "userName", AttributeValue: textOf(inputs, "userName") };
    const command = new sdk.GetUserIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } });
    const found = await ifFound(client.send(command));
    return found && `${IdentityStoreId}/${found.UserId}`;
  },
  "aws:identitystore/groupMembership:GroupMembership": async (inputs, look) => {
    const { sdk, client } = await directory(look);
    const found = await ifFound(client.send(new sdk.GetGroupMembershipIdCommand(memberOf(inputs))));
    return found && `${found.IdentityStoreId}/${found.MembershipId}`;
  },
  "aws:budgets/budget:Budget": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-budgets"), aws.client("budgets")]);
    const { account: own } = await callerOf(aws);
    const AccountId = textOf(inputs, "accountId") || own;
    const BudgetName = textOf(inputs, "name");
    const found = await ifFound(client.send(new sdk.DescribeBudgetCommand({ AccountId, BudgetName })));
    return found && `${AccountId}:${BudgetName}`;
  },
  "aws:cloudtrail/trail:Trail": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudtrail"), aws.client("cloudtrail")]);
    return (await ifFound(client.send(new sdk.GetTrailCommand({ Name: textOf(inputs, "name") }))))?.Trail?.TrailARN;
  },
};
