import type { CreatePolicyRequest, CreateRoleRequest, Policy, Role } from "@aws-sdk/client-iam";
import type { iam } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Rows, row } from "../row.ts";
import { attachmentRow, fields, partsOf, putRow } from "./shapes.ts";
import { asJson, delta, document, must, tagList, tagRecord } from "./shared.ts";

const keys = (TagKeys: string[]) => ({ TagKeys });

const roleFields = fields<iam.Role, CreateRoleRequest, Role>({
  alike: ["path", "description", "maxSessionDuration"],
  renamed: { name: "RoleName" },
  outputs: ["arn"],
});

const role = row<iam.RoleArgs, iam.Role>({
  update: ["assumeRolePolicy", "description", "maxSessionDuration", "permissionsBoundary", "forceDetachPolicies"],
  replace: ["name", "path"],
  required: ["assumeRolePolicy"],
  autoName: { key: "name", max: 64 },
  defaults: { path: "/", maxSessionDuration: 3600, forceDetachPolicies: false },
  computed: ["arn", "uniqueId", "createDate", "inlinePolicies", "managedPolicyArns", "namePrefix"],
  create: async (inputs, { iam, tags }) => {
    await iam.createRole({
      ...roleFields.request(inputs),
      AssumeRolePolicyDocument: asJson(inputs.assumeRolePolicy),
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
        ...roleFields.state(Role),
        uniqueId: Role.RoleId,
        createDate: Role.CreateDate?.toISOString(),
        assumeRolePolicy: document(Role.AssumeRolePolicyDocument),
        description: Role.Description ?? "",
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
  tag: (id, tags, { iam }) => iam.tagRole({ RoleName: id, Tags: tagList(tags) }),
  untag: (id, removed, { iam }) => iam.untagRole({ RoleName: id, ...keys(removed) }),
  delete: async (id, { iam }, { forceDetachPolicies }) => {
    if (forceDetachPolicies) {
      const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName: id });
      for (const { PolicyArn } of AttachedPolicies ?? []) await iam.detachRolePolicy({ RoleName: id, PolicyArn });
    }
    await iam.deleteRole({ RoleName: id });
  },
});

const rolePolicy = putRow<iam.RolePolicyArgs, iam.RolePolicy>({
  id: ({ role, name }) => `${role}:${name}`,
  update: ["policy"],
  replace: ["name", "role"],
  required: ["role", "policy"],
  autoName: { key: "name", max: 128 },
  put: ({ role, name, policy }, { iam }) =>
    iam.putRolePolicy({ RoleName: role as string, PolicyName: name, PolicyDocument: asJson(policy) }),
  read: async (id, { iam }) => {
    const found = await iam.getRolePolicy(rolePolicyOf(id));
    return { role: found.RoleName, name: found.PolicyName, policy: document(found.PolicyDocument) };
  },
  delete: (id, { iam }) => iam.deleteRolePolicy(rolePolicyOf(id)),
});
const rolePolicyOf = (id: string) => partsOf(id, ":", ["RoleName", "PolicyName"]);

const rolePolicyAttachment = attachmentRow<
  iam.RolePolicyAttachmentArgs,
  iam.RolePolicyAttachment,
  "role" | "policyArn"
>({
  parts: ["role", "policyArn"],
  separator: "/",
  deleteBeforeReplace: true,
  attach: ({ role, policyArn }, { iam }) => iam.attachRolePolicy({ RoleName: role, PolicyArn: policyArn }),
  find: async ({ role, policyArn }, { iam }) => {
    const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName: role });
    return AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === policyArn) ? {} : undefined;
  },
  detach: ({ role, policyArn }, { iam }) => iam.detachRolePolicy({ RoleName: role, PolicyArn: policyArn }),
});

/** AWS keeps five versions of a policy. */
const MAX_VERSIONS = 5;

const policyFields = fields<iam.Policy, CreatePolicyRequest, Policy>({
  alike: ["path", "description"],
  renamed: { name: "PolicyName" },
  outputs: ["policyId", "attachmentCount"],
});

const policy = row<iam.PolicyArgs, iam.Policy>({
  update: ["policy"],
  replace: ["name", "path", "description"],
  required: ["policy"],
  autoName: { key: "name", max: 128 },
  defaults: { path: "/" },
  computed: ["arn", "policyId", "attachmentCount"],
  create: async (inputs, { iam, tags }) => {
    const made = await iam.createPolicy({
      ...policyFields.request(inputs),
      PolicyDocument: asJson(inputs.policy),
      Tags: tagList(tags),
    });
    return must(made.Policy?.Arn, "the policy's ARN");
  },
  read: async (id, { iam }) => {
    const { Policy } = await iam.getPolicy({ PolicyArn: id });
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn: id, VersionId: Policy?.DefaultVersionId });
    return {
      ...policyFields.state(Policy ?? {}),
      arn: id,
      description: Policy?.Description ?? "",
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
  tag: (id, tags, { iam }) => iam.tagPolicy({ PolicyArn: id, Tags: tagList(tags) }),
  untag: (id, removed, { iam }) => iam.untagPolicy({ PolicyArn: id, ...keys(removed) }),
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
  tag: (id, tags, { iam }) => iam.tagOpenIDConnectProvider({ OpenIDConnectProviderArn: id, Tags: tagList(tags) }),
  untag: (id, removed, { iam }) => iam.untagOpenIDConnectProvider({ OpenIDConnectProviderArn: id, ...keys(removed) }),
  delete: (id, { iam }) => iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: id }),
});

export const iamRows: Rows = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:iam/policy:Policy": policy,
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": openIdConnectProvider,
};
