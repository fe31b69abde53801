import type { ssoadmin } from "@pulumi/aws";
import { type Context, type Functions, fn, type Rows, row } from "../row.ts";
import { attachmentRow, partsOf, putRow } from "./shapes.ts";
import { asJson, camel, must, pagesOf, pascal, tagList, tagRecord } from "./shared.ts";

/** Ids join the parts with commas, the instance last. */
const setOf = (id: string) => partsOf(id, ",", ["PermissionSetArn", "InstanceArn"]);

const permissionSet = row<ssoadmin.PermissionSetArgs, ssoadmin.PermissionSet>({
  update: ["description", "sessionDuration", "relayState"],
  replace: ["name", "instanceArn"],
  required: ["instanceArn"],
  autoName: { key: "name", max: 32 },
  defaults: { sessionDuration: "PT1H" },
  computed: ["arn", "createdDate"],
  create: async ({ instanceArn, name, description, sessionDuration, relayState }, { sso, tags }) => {
    const made = await sso.createPermissionSet({
      ...{ InstanceArn: instanceArn, Name: name, Description: description },
      ...{ SessionDuration: sessionDuration, RelayState: relayState, Tags: tagList(tags) },
    });
    return `${must(made.PermissionSet?.PermissionSetArn, "PermissionSetArn")},${instanceArn}`;
  },
  read: async (id, { sso }) => {
    const of = setOf(id);
    const { PermissionSet: found } = await sso.describePermissionSet(of);
    const { Tags } = await sso.listTagsForResource({ InstanceArn: of.InstanceArn, ResourceArn: of.PermissionSetArn });
    return {
      ...{ arn: of.PermissionSetArn, instanceArn: of.InstanceArn, name: found?.Name },
      ...{ description: found?.Description, sessionDuration: found?.SessionDuration },
      ...(found?.RelayState && { relayState: found.RelayState }),
      createdDate: found?.CreatedDate?.toISOString(),
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (id, { description, sessionDuration, relayState }, { sso }, { changed }) => {
    if (!changed("description", "sessionDuration", "relayState")) return undefined;
    await sso.updatePermissionSet({
      ...setOf(id),
      ...{ Description: description, SessionDuration: sessionDuration, RelayState: relayState },
    });
    await provision(id, { sso });
    return undefined;
  },
  tag: (id, tags, { sso }) => {
    const { InstanceArn, PermissionSetArn: ResourceArn } = setOf(id);
    return sso.tagResource({ InstanceArn, ResourceArn, Tags: tagList(tags) });
  },
  untag: (id, TagKeys, { sso }) => {
    const { InstanceArn, PermissionSetArn: ResourceArn } = setOf(id);
    return sso.untagResource({ InstanceArn, ResourceArn, TagKeys });
  },
  delete: (id, { sso }) => sso.deletePermissionSet(setOf(id)),
});

/** What changed reaches the accounts that have it already. */
const provision = (id: string, { sso }: Pick<Context, "sso">) =>
  sso.provisionPermissionSet({ ...setOf(id), TargetType: "ALL_PROVISIONED_ACCOUNTS" });

const inlinePolicy = putRow<ssoadmin.PermissionSetInlinePolicyArgs, ssoadmin.PermissionSetInlinePolicy>({
  id: ({ permissionSetArn, instanceArn }) => `${permissionSetArn},${instanceArn}`,
  update: ["inlinePolicy"],
  replace: ["permissionSetArn", "instanceArn"],
  required: ["inlinePolicy", "permissionSetArn", "instanceArn"],
  put: async ({ permissionSetArn, instanceArn, inlinePolicy }, aws) => {
    const of = { PermissionSetArn: permissionSetArn, InstanceArn: instanceArn };
    await aws.sso.putInlinePolicyToPermissionSet({ ...of, InlinePolicy: asJson(inlinePolicy) });
    await provision(`${permissionSetArn},${instanceArn}`, aws);
  },
  read: async (id, { sso }) => {
    const { InlinePolicy } = await sso.getInlinePolicyForPermissionSet(setOf(id));
    return InlinePolicy ? { ...camel<object>(setOf(id)), inlinePolicy: InlinePolicy } : undefined;
  },
  delete: (id, { sso }) => sso.deleteInlinePolicyFromPermissionSet(setOf(id)),
});

const managedPolicy = attachmentRow<
  ssoadmin.ManagedPolicyAttachmentArgs,
  ssoadmin.ManagedPolicyAttachment,
  "managedPolicyArn" | "permissionSetArn" | "instanceArn"
>({
  parts: ["managedPolicyArn", "permissionSetArn", "instanceArn"],
  separator: ",",
  computed: ["managedPolicyName"],
  attach: async (parts, aws) => {
    await aws.sso.attachManagedPolicyToPermissionSet(pascal(parts));
    await provision(`${parts.permissionSetArn},${parts.instanceArn}`, aws);
  },
  find: async ({ managedPolicyArn, permissionSetArn, instanceArn }, { sso }) => {
    const of = { PermissionSetArn: permissionSetArn, InstanceArn: instanceArn };
    const { AttachedManagedPolicies = [] } = await sso.listManagedPoliciesInPermissionSet(of);
    const found = AttachedManagedPolicies.find(({ Arn }) => Arn === managedPolicyArn);
    return found && { managedPolicyName: found.Name };
  },
  detach: (parts, { sso }) => sso.detachManagedPolicyFromPermissionSet(pascal(parts)),
});

const boundary = row<ssoadmin.PermissionsBoundaryAttachmentArgs, ssoadmin.PermissionsBoundaryAttachment>({
  replace: ["permissionsBoundary", "permissionSetArn", "instanceArn"],
  required: ["permissionsBoundary", "permissionSetArn", "instanceArn"],
  create: async ({ permissionSetArn, instanceArn, permissionsBoundary }, aws) => {
    const id = `${permissionSetArn},${instanceArn}`;
    const PermissionsBoundary = pascal<object>(permissionsBoundary);
    await aws.sso.putPermissionsBoundaryToPermissionSet({ ...setOf(id), PermissionsBoundary });
    await provision(id, aws);
    return id;
  },
  read: async (id, { sso }) => {
    const { PermissionsBoundary: found } = await sso.getPermissionsBoundaryForPermissionSet(setOf(id));
    return found && { ...camel<object>(setOf(id)), permissionsBoundary: camel(found) };
  },
  delete: (id, { sso }) => sso.deletePermissionsBoundaryFromPermissionSet(setOf(id)),
});

const assigned = ["principalId", "principalType", "targetId", "targetType", "permissionSetArn", "instanceArn"] as const;

const accountAssignment = attachmentRow<
  ssoadmin.AccountAssignmentArgs,
  ssoadmin.AccountAssignment,
  (typeof assigned)[number]
>({
  parts: assigned,
  required: assigned.filter((name) => name !== "targetType"),
  separator: ",",
  attach: (parts, { sso }) => sso.createAccountAssignment(pascal(parts)),
  find: async ({ principalId, principalType, targetId, permissionSetArn, instanceArn }, { sso }) => {
    const asked = { AccountId: targetId, PermissionSetArn: permissionSetArn, InstanceArn: instanceArn };
    for await (const page of pagesOf((NextToken) => sso.listAccountAssignments({ ...asked, NextToken })))
      if (
        page.AccountAssignments?.some((one) => one.PrincipalId === principalId && one.PrincipalType === principalType)
      )
        return {};
    return undefined;
  },
  detach: (parts, { sso }) => sso.deleteAccountAssignment(pascal(parts)),
});

export const identityCenterRows: Rows = {
  "aws:ssoadmin/permissionSet:PermissionSet": permissionSet,
  "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": inlinePolicy,
  "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": managedPolicy,
  "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment": boundary,
  "aws:ssoadmin/accountAssignment:AccountAssignment": accountAssignment,
};

export const identityCenterFunctions: Functions = {
  "aws:ssoadmin/getInstances:getInstances": fn<ssoadmin.GetInstancesArgs, ssoadmin.GetInstancesResult>(
    async (_args, { sso, region }) => {
      const { Instances = [] } = await sso.listInstances({});
      return {
        ...{ id: region, region },
        arns: Instances.map(({ InstanceArn = "" }) => InstanceArn),
        identityStoreIds: Instances.map(({ IdentityStoreId = "" }) => IdentityStoreId),
      };
    },
  ),
};
