import type { AttributeOperation, User } from "@aws-sdk/client-identitystore";
import type { identitystore } from "@pulumi/aws";
import { type Context, type Functions, fn, type In, type Rows, row } from "../row.ts";
import { partsOf } from "./shapes.ts";
import { camel, must, pagesOf, pascal } from "./shared.ts";

/** Ids have the store before the slash. */
const groupOf = (id: string) => partsOf(id, "/", ["IdentityStoreId", "GroupId"]);
const userOf = (id: string) => partsOf(id, "/", ["IdentityStoreId", "UserId"]);
const membershipOf = (id: string) => partsOf(id, "/", ["IdentityStoreId", "MembershipId"]);

const operations = (attributes: Readonly<Record<string, unknown>>): AttributeOperation[] =>
  Object.entries(attributes).map(([AttributePath, AttributeValue]) => ({
    AttributePath,
    AttributeValue: AttributeValue as never,
  }));

const group = row<identitystore.GroupArgs, identitystore.Group>({
  update: ["displayName", "description"],
  replace: ["identityStoreId"],
  required: ["identityStoreId", "displayName"],
  computed: ["groupId", "arn", "externalIds"],
  create: async ({ identityStoreId, displayName, description }, { identitystore }) => {
    const given = { IdentityStoreId: identityStoreId, DisplayName: displayName, Description: description };
    const { GroupId } = await identitystore.createGroup(given);
    return `${identityStoreId}/${must(GroupId, "GroupId")}`;
  },
  read: async (id, { identitystore }) => {
    const { IdentityStoreId, GroupId } = groupOf(id);
    const found = await identitystore.describeGroup({ IdentityStoreId, GroupId });
    const arn = `arn:aws:identitystore:::group/${GroupId}`;
    return {
      ...{ arn, groupId: GroupId, identityStoreId: IdentityStoreId, displayName: found.DisplayName },
      ...(found.Description && { description: found.Description }),
      externalIds: [],
    };
  },
  write: async (id, { displayName, description }, { identitystore }) => {
    await identitystore.updateGroup({ ...groupOf(id), Operations: operations({ displayName, description }) });
  },
  delete: (id, { identitystore }) => identitystore.deleteGroup(groupOf(id)),
});

const userAttributes = ({ displayName, name, emails }: In<identitystore.UserArgs>) => ({
  displayName,
  ...(name && { name: pascal<NonNullable<User["Name"]>>(name) }),
  ...(emails && { emails: [pascal<NonNullable<User["Emails"]>[number]>(emails)] }),
});

const user = row<identitystore.UserArgs, identitystore.User>({
  update: ["displayName", "name", "emails"],
  replace: ["identityStoreId", "userName"],
  required: ["identityStoreId", "userName", "displayName"],
  computed: ["userId", "externalIds"],
  create: async (inputs, { identitystore }) => {
    const { displayName: DisplayName, name: Name, emails: Emails } = userAttributes(inputs);
    const given = { IdentityStoreId: inputs.identityStoreId, UserName: inputs.userName, DisplayName };
    const { UserId } = await identitystore.createUser({ ...given, Name, Emails });
    return `${inputs.identityStoreId}/${must(UserId, "UserId")}`;
  },
  read: async (id, { identitystore }) => {
    const { IdentityStoreId, UserId } = userOf(id);
    const found = await identitystore.describeUser({ IdentityStoreId, UserId });
    return {
      ...{ userId: UserId, identityStoreId: IdentityStoreId, userName: found.UserName, displayName: found.DisplayName },
      ...(found.Name && { name: camel(found.Name) }),
      ...(found.Emails?.[0] && { emails: camel(found.Emails[0]) }),
      externalIds: [],
    };
  },
  write: async (id, inputs, { identitystore }) => {
    await identitystore.updateUser({ ...userOf(id), Operations: operations(userAttributes(inputs)) });
  },
  delete: (id, { identitystore }) => identitystore.deleteUser(userOf(id)),
});

const membership = row<identitystore.GroupMembershipArgs, identitystore.GroupMembership>({
  replace: ["identityStoreId", "groupId", "memberId"],
  required: ["identityStoreId", "groupId", "memberId"],
  computed: ["membershipId"],
  create: async ({ identityStoreId, groupId, memberId }, { identitystore }) => {
    const given = { IdentityStoreId: identityStoreId, GroupId: groupId, MemberId: { UserId: memberId } };
    const { MembershipId } = await identitystore.createGroupMembership(given);
    return `${identityStoreId}/${must(MembershipId, "MembershipId")}`;
  },
  read: async (id, { identitystore }) => {
    const { IdentityStoreId, MembershipId } = membershipOf(id);
    const found = await identitystore.describeGroupMembership({ IdentityStoreId, MembershipId });
    const memberId = found.MemberId?.UserId;
    return { identityStoreId: IdentityStoreId, membershipId: MembershipId, groupId: found.GroupId, memberId };
  },
  delete: (id, { identitystore }) => identitystore.deleteGroupMembership(membershipOf(id)),
});

export const identityStoreRows: Rows = {
  "aws:identitystore/group:Group": group,
  "aws:identitystore/user:User": user,
  "aws:identitystore/groupMembership:GroupMembership": membership,
};

export const identityStoreFunctions: Functions = {
  "aws:identitystore/getGroups:getGroups": fn<identitystore.GetGroupsArgs, identitystore.GetGroupsResult>(
    async ({ identityStoreId: IdentityStoreId }, { identitystore }: Context) => {
      const groups: object[] = [];
      for await (const page of pagesOf((NextToken) => identitystore.listGroups({ IdentityStoreId, NextToken })))
        for (const one of page.Groups ?? []) groups.push({ externalIds: [], ...camel<object>(one) });
      return { identityStoreId: IdentityStoreId, groups: groups as never };
    },
  ),
  "aws:identitystore/getUsers:getUsers": fn<identitystore.GetUsersArgs, identitystore.GetUsersResult>(
    async ({ identityStoreId: IdentityStoreId }, { identitystore }: Context) => {
      const users: object[] = [];
      for await (const page of pagesOf((NextToken) => identitystore.listUsers({ IdentityStoreId, NextToken })))
        for (const one of page.Users ?? []) users.push(camel<object>(one));
      return { identityStoreId: IdentityStoreId, users: users as never };
    },
  ),
  "aws:identitystore/getGroupMemberships:getGroupMemberships": fn<
    identitystore.GetGroupMembershipsArgs,
    identitystore.GetGroupMembershipsResult
  >(async ({ identityStoreId, groupId }, { identitystore }: Context) => {
    const asked = { IdentityStoreId: identityStoreId, GroupId: groupId };
    const members: object[] = [];
    for await (const page of pagesOf((NextToken) => identitystore.listGroupMemberships({ ...asked, NextToken })))
      for (const one of page.GroupMemberships ?? []) members.push(camel<object>(one));
    return { identityStoreId, groupId, groupMemberships: members as never };
  }),
};
