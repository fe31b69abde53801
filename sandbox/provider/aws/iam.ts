import type { iam } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Rows, row } from "../row.ts";
import { asJson, delta, document, must, tagList, tagRecord } from "./shared.ts";

const keys = (TagKeys: string[]) => ({ TagKeys });

const role = row<iam.RoleArgs, iam.Role>({
  update: ["assumeRolePolicy", "description", "maxSessionDuration", "permissionsBoundary", "forceDetachPolicies"],
  replace: ["name", "path"],
  required: ["assumeRolePolicy"],
  autoName: { key: "name", max: 64 },
  defaults: { path: "/", maxSessionDuration: 3600, forceDetachPolicies: false },
  computed: ["arn", "uniqueId", "createDate", "inlinePolicies", "managedPolicyArns", "namePrefix"],
  create: async (inputs, { iam, tags }) => {
    await iam.createRole({
      RoleName: inputs.name,
      Path: inputs.path,
      AssumeRolePolicyDocument: asJson(inputs.assumeRolePolicy),
      Description: inputs.description,
      MaxSessionDuration: inputs.maxSessionDuration,
      PermissionsBoundary: inputs.permissionsBoundary,
      Tags: tagList(tags),
    });
    return must(inputs.name, "the role's name");
  },
  read: async (id, { iam }) => {
    const { Role } = await iam.getRole({ RoleName: id });
    const [attached, inline] = await Promise.all([
      iam.listAttachedRolePolicies({ RoleName: id }),
      iam.listRolePolicies({ RoleName: id }),
    ]);
    return (
      Role && {
        arn: Role.Arn,
        name: Role.RoleName,
        path: Role.Path,
        uniqueId: Role.RoleId,
        createDate: Role.CreateDate?.toISOString(),
        assumeRolePolicy: document(Role.AssumeRolePolicyDocument),
        description: Role.Description ?? "",
        maxSessionDuration: Role.MaxSessionDuration,
        permissionsBoundary: Role.PermissionsBoundary?.PermissionsBoundaryArn,
        managedPolicyArns: (attached.AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn ?? ""),
        inlinePolicies: (inline.PolicyNames ?? []).map((name) => ({ name })),
        tagsAll: tagRecord(Role.Tags),
      }
    );
  },
  write: async (id, inputs, { iam }, { changed }) => {
    const RoleName = id;
    if (changed("assumeRolePolicy")) {
      await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: asJson(inputs.assumeRolePolicy) });
    }
    if (changed("description", "maxSessionDuration")) {
      await iam.updateRole({
        RoleName,
        Description: inputs.description ?? "",
        MaxSessionDuration: inputs.maxSessionDuration,
      });
    }
    if (!changed("permissionsBoundary")) return;
    const { permissionsBoundary } = inputs;
    if (permissionsBoundary)
      await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: permissionsBoundary });
    else await iam.deleteRolePermissionsBoundary({ RoleName });
  },
  tag: async (id, tags, removed, { iam }) => {
    if (removed.length > 0) await iam.untagRole({ RoleName: id, ...keys(removed) });
    await iam.tagRole({ RoleName: id, Tags: tagList(tags) });
  },
  delete: async (id, { iam }, { forceDetachPolicies }) => {
    if (forceDetachPolicies) {
      const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName: id });
      for (const { PolicyArn } of AttachedPolicies ?? []) await iam.detachRolePolicy({ RoleName: id, PolicyArn });
    }
    await iam.deleteRole({ RoleName: id });
  },
});

const rolePolicy = row<iam.RolePolicyArgs, iam.RolePolicy>({
  update: ["policy"],
  replace: ["name", "role"],
  required: ["role", "policy"],
  autoName: { key: "name", max: 128 },
  computed: [],
  create: async ({ role, name, policy }, { iam }) => {
    await iam.putRolePolicy({ RoleName: role as string, PolicyName: name, PolicyDocument: asJson(policy) });
    return `${role}:${name}`;
  },
  read: async (id, { iam }) => {
    const [role, name] = id.split(":");
    const found = await iam.getRolePolicy({ RoleName: role, PolicyName: name });
    return { role: found.RoleName, name: found.PolicyName, policy: document(found.PolicyDocument) };
  },
  write: async (_id, { role, name, policy }, { iam }) => {
    await iam.putRolePolicy({ RoleName: role as string, PolicyName: name, PolicyDocument: asJson(policy) });
  },
  delete: (id, { iam }) => {
    const [RoleName, PolicyName] = id.split(":");
    return iam.deleteRolePolicy({ RoleName, PolicyName });
  },
});

const rolePolicyAttachment = row<iam.RolePolicyAttachmentArgs, iam.RolePolicyAttachment>({
  replace: ["role", "policyArn"],
  deleteBeforeReplace: true,
  computed: [],
  create: async ({ role, policyArn }, { iam }) => {
    await iam.attachRolePolicy({ RoleName: role as string, PolicyArn: policyArn });
    return `${role}/${policyArn}`;
  },
  read: async (id, { iam }) => {
    const [role = "", ...rest] = id.split("/");
    const policyArn = rest.join("/");
    const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName: role });
    return AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === policyArn) ? { role, policyArn } : undefined;
  },
  delete: (_id, { iam }, { role, policyArn }) =>
    iam.detachRolePolicy({ RoleName: role as string, PolicyArn: policyArn }),
});

/** AWS keeps five versions of a policy. */
const MAX_VERSIONS = 5;

const policy = row<iam.PolicyArgs, iam.Policy>({
  update: ["policy"],
  replace: ["name", "path", "description"],
  required: ["policy"],
  autoName: { key: "name", max: 128 },
  defaults: { path: "/" },
  computed: ["arn", "policyId", "attachmentCount"],
  create: async (inputs, { iam, tags }) => {
    const made = await iam.createPolicy({
      PolicyName: inputs.name,
      Path: inputs.path,
      Description: inputs.description,
      PolicyDocument: asJson(inputs.policy),
      Tags: tagList(tags),
    });
    return must(made.Policy?.Arn, "the policy's ARN");
  },
  read: async (id, { iam }) => {
    const { Policy } = await iam.getPolicy({ PolicyArn: id });
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn: id, VersionId: Policy?.DefaultVersionId });
    return {
      arn: id,
      name: Policy?.PolicyName,
      path: Policy?.Path,
      description: Policy?.Description ?? "",
      policyId: Policy?.PolicyId,
      attachmentCount: Policy?.AttachmentCount,
      policy: document(PolicyVersion?.Document),
      tagsAll: tagRecord(Policy?.Tags),
    };
  },
  write: async (id, { policy }, { iam }) => {
    const { Versions = [] } = await iam.listPolicyVersions({ PolicyArn: id });
    const oldest = Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion).at(-1);
    if (Versions.length >= MAX_VERSIONS && oldest)
      await iam.deletePolicyVersion({ PolicyArn: id, VersionId: oldest.VersionId });
    await iam.createPolicyVersion({ PolicyArn: id, PolicyDocument: asJson(policy), SetAsDefault: true });
  },
  tag: async (id, tags, removed, { iam }) => {
    if (removed.length > 0) await iam.untagPolicy({ PolicyArn: id, ...keys(removed) });
    await iam.tagPolicy({ PolicyArn: id, Tags: tagList(tags) });
  },
  delete: async (id, { iam }) => {
    const versions = await ifFound(iam.listPolicyVersions({ PolicyArn: id }));
    for (const { VersionId, IsDefaultVersion } of versions?.Versions ?? []) {
      if (!IsDefaultVersion) await iam.deletePolicyVersion({ PolicyArn: id, VersionId });
    }
    await iam.deletePolicy({ PolicyArn: id });
  },
});

const openIdConnectProvider = row<iam.OpenIdConnectProviderArgs, iam.OpenIdConnectProvider>({
  update: ["clientIdLists", "thumbprintLists"],
  replace: ["url"],
  computed: ["arn", "thumbprintLists"],
  create: async ({ url, clientIdLists, thumbprintLists }, { iam, tags }) => {
    const made = await iam.createOpenIDConnectProvider({
      Url: url,
      ClientIDList: clientIdLists,
      ThumbprintList: thumbprintLists,
      Tags: tagList(tags),
    });
    return must(made.OpenIDConnectProviderArn, "the provider's ARN");
  },
  read: async (id, { iam }) => {
    const found = await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: id });
    return {
      arn: id,
      url: found.Url,
      clientIdLists: found.ClientIDList ?? [],
      thumbprintLists: found.ThumbprintList ?? [],
      tagsAll: tagRecord(found.Tags),
    };
  },
  equal: { url: (a, b) => String(a).replace("https://", "") === String(b).replace("https://", "") },
  write: async (id, { clientIdLists, thumbprintLists }, { iam }, { old, changed }) => {
    const OpenIDConnectProviderArn = id;
    if (changed("thumbprintLists")) {
      await iam.updateOpenIDConnectProviderThumbprint({
        OpenIDConnectProviderArn,
        ThumbprintList: thumbprintLists ?? [],
      });
    }
    const { added, removed } = delta(old.clientIdLists, clientIdLists);
    for (const ClientID of added) await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
    for (const ClientID of removed)
      await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID });
  },
  tag: async (id, tags, removed, { iam }) => {
    if (removed.length > 0) await iam.untagOpenIDConnectProvider({ OpenIDConnectProviderArn: id, ...keys(removed) });
    await iam.tagOpenIDConnectProvider({ OpenIDConnectProviderArn: id, Tags: tagList(tags) });
  },
  delete: (id, { iam }) => iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: id }),
});

export const iamRows: Rows = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:iam/policy:Policy": policy,
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": openIdConnectProvider,
};
