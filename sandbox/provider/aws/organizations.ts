import type { organizations } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Context, type Functions, fn, type Rows, row, type Tags } from "../row.ts";
import { attachmentRow } from "./shapes.ts";
import { first, must, pagesOf, pascal, tagList, tagRecord } from "./shared.ts";

async function tagsOf({ organizations }: Context, ResourceId: string): Promise<Tags> {
  const tags: Tags = {};
  for await (const page of pagesOf((NextToken) => organizations.listTagsForResource({ ResourceId, NextToken })))
    Object.assign(tags, tagRecord(page.Tags));
  return tags;
}

const tagging = {
  tag: (ResourceId: string, tags: Tags, { organizations }: Context) =>
    organizations.tagResource({ ResourceId, Tags: tagList(tags) }),
  untag: (ResourceId: string, TagKeys: string[], { organizations }: Context) =>
    organizations.untagResource({ ResourceId, TagKeys }),
};

async function parentOf({ organizations }: Context, ChildId: string): Promise<string> {
  return must(first((await organizations.listParents({ ChildId })).Parents)?.Id, "the parent");
}

const unit = row<organizations.OrganizationalUnitArgs, organizations.OrganizationalUnit>({
  update: ["name"],
  replace: ["parentId"],
  required: ["parentId"],
  autoName: { key: "name", max: 128 },
  computed: ["arn", "accounts"],
  create: async ({ name, parentId }, { organizations, tags }) => {
    const made = await organizations.createOrganizationalUnit({ Name: name, ParentId: parentId, Tags: tagList(tags) });
    return must(made.OrganizationalUnit?.Id, "the unit's id");
  },
  read: async (id, aws) => {
    const { OrganizationalUnit } = await aws.organizations.describeOrganizationalUnit({ OrganizationalUnitId: id });
    const { Accounts = [] } = await aws.organizations.listAccountsForParent({ ParentId: id });
    const accounts = Accounts.map(({ Id = "", Arn = "", Email = "", Name = "" }) => ({
      id: Id,
      arn: Arn,
      email: Email,
      name: Name,
    }));
    const { Arn: arn, Name: name } = OrganizationalUnit ?? {};
    return {
      arn,
      name,
      parentId: await parentOf(aws, id),
      accounts: accounts as never,
      tagsAll: await tagsOf(aws, id),
    };
  },
  write: async (OrganizationalUnitId, { name }, { organizations }, { changed }) => {
    if (changed("name")) await organizations.updateOrganizationalUnit({ OrganizationalUnitId, Name: name });
  },
  ...tagging,
  delete: (OrganizationalUnitId, { organizations }) => organizations.deleteOrganizationalUnit({ OrganizationalUnitId }),
});

const account = row<organizations.AccountArgs, organizations.Account>({
  update: ["parentId", "closeOnDeletion"],
  replace: ["name", "email", "roleName", "iamUserAccessToBilling", "createGovcloud"],
  required: ["email"],
  autoName: { key: "name", max: 50 },
  defaults: { closeOnDeletion: false, createGovcloud: false },
  computed: ["arn", "joinedMethod", "joinedTimestamp", "state", "status", "parentId"],
  create: async ({ name, email, roleName, parentId }, aws) => {
    const { organizations } = aws;
    const asked = await organizations.createAccount({
      AccountName: name,
      Email: email,
      RoleName: roleName,
      Tags: tagList(aws.tags),
    });
    const CreateAccountRequestId = must(asked.CreateAccountStatus?.Id, "the request's id");
    const id = await aws.until(`account ${name}`, async () => {
      const { CreateAccountStatus: now } = await organizations.describeCreateAccountStatus({ CreateAccountRequestId });
      if (now?.State === "FAILED") throw new Error(`AWS made no account ${name}: ${now.FailureReason}`);
      return now?.State === "SUCCEEDED" ? now.AccountId : undefined;
    });
    aws.created(id);
    if (parentId !== undefined) await move(aws, id, parentId);
    return id;
  },
  // As the real provider has it: a closed account is gone.
  read: async (id, aws) => {
    const { Account: found } = await aws.organizations.describeAccount({ AccountId: id });
    if (found === undefined || found.Status === "SUSPENDED") return undefined;
    const { Arn: arn, Email: email, Name: name, JoinedMethod: joinedMethod, Status: status, State: state } = found;
    const joinedTimestamp = found.JoinedTimestamp?.toISOString();
    const parentId = await parentOf(aws, id);
    return { arn, email, name, joinedMethod, joinedTimestamp, status, state, parentId, tagsAll: await tagsOf(aws, id) };
  },
  write: async (id, { parentId }, aws, { changed }) => {
    if (changed("parentId") && parentId !== undefined) await move(aws, id, parentId);
  },
  ...tagging,
  delete: (AccountId, { organizations }, { closeOnDeletion }) =>
    closeOnDeletion
      ? organizations.closeAccount({ AccountId })
      : organizations.removeAccountFromOrganization({ AccountId }),
});

async function move(aws: Context, AccountId: string, DestinationParentId: string): Promise<void> {
  const SourceParentId = await parentOf(aws, AccountId);
  if (SourceParentId === DestinationParentId) return;
  await aws.organizations.moveAccount({ AccountId, SourceParentId, DestinationParentId });
}

const policy = row<organizations.PolicyArgs, organizations.Policy>({
  update: ["name", "description", "content", "skipDestroy"],
  replace: ["type"],
  required: ["content"],
  autoName: { key: "name", max: 128 },
  defaults: { type: "SERVICE_CONTROL_POLICY" },
  computed: ["arn"],
  create: async ({ name, description = "", content, type }, { organizations, tags }) => {
    const made = await organizations.createPolicy({
      ...{ Name: name, Description: description, Content: content, Tags: tagList(tags) },
      Type: type as "SERVICE_CONTROL_POLICY",
    });
    return must(made.Policy?.PolicySummary?.Id, "the policy's id");
  },
  read: async (id, aws) => {
    const { Policy: found } = await aws.organizations.describePolicy({ PolicyId: id });
    const { Arn: arn, Name: name, Description: description = "", Type: type } = found?.PolicySummary ?? {};
    return { arn, name, description, type, content: found?.Content, tagsAll: await tagsOf(aws, id) };
  },
  write: async (PolicyId, { name, description = "", content }, { organizations }, { changed }) => {
    if (changed("name", "description", "content"))
      await organizations.updatePolicy({ PolicyId, Name: name, Description: description, Content: content });
  },
  ...tagging,
  delete: (PolicyId, { organizations }) => organizations.deletePolicy({ PolicyId }),
});

const policyAttachment = attachmentRow<
  organizations.PolicyAttachmentArgs,
  organizations.PolicyAttachment,
  "targetId" | "policyId"
>({
  parts: ["targetId", "policyId"],
  separator: ":",
  update: ["skipDestroy"],
  attach: (parts, { organizations }) => organizations.attachPolicy(pascal(parts)),
  find: async ({ targetId, policyId }, { organizations }) => {
    const { Targets = [] } = await organizations.listTargetsForPolicy({ PolicyId: policyId });
    return Targets.some(({ TargetId }) => TargetId === targetId) ? {} : undefined;
  },
  detach: (parts, { organizations }) => organizations.detachPolicy(pascal(parts)),
});

const delegatedAdministrator = attachmentRow<
  organizations.DelegatedAdministratorArgs,
  organizations.DelegatedAdministrator,
  "accountId" | "servicePrincipal"
>({
  parts: ["accountId", "servicePrincipal"],
  separator: "/",
  computed: ["arn", "delegationEnabledDate", "email", "joinedMethod", "joinedTimestamp", "name", "status"],
  attach: (parts, { organizations }) => organizations.registerDelegatedAdministrator(pascal(parts)),
  find: async ({ accountId, servicePrincipal }, { organizations }) => {
    const answer = await organizations.listDelegatedAdministrators({ ServicePrincipal: servicePrincipal });
    const found = answer.DelegatedAdministrators?.find(({ Id }) => Id === accountId);
    if (found === undefined) return undefined;
    const { Arn: arn, Email: email, Name: name, Status: status, JoinedMethod: joinedMethod } = found;
    return {
      ...{ arn, email, name, status, joinedMethod },
      joinedTimestamp: found.JoinedTimestamp?.toISOString(),
      delegationEnabledDate: found.DelegationEnabledDate?.toISOString(),
    };
  },
  detach: (parts, { organizations }) => organizations.deregisterDelegatedAdministrator(pascal(parts)),
});

const serviceAccess = row<organizations.AwsServiceAccessArgs, organizations.AwsServiceAccess>({
  replace: ["servicePrincipal"],
  required: ["servicePrincipal"],
  computed: ["dateEnabled"],
  create: async ({ servicePrincipal }, { organizations }) => {
    await organizations.enableAWSServiceAccess({ ServicePrincipal: servicePrincipal });
    return servicePrincipal;
  },
  read: async (id, { organizations }) => {
    const { EnabledServicePrincipals = [] } = await organizations.listAWSServiceAccessForOrganization({});
    const found = EnabledServicePrincipals.find(({ ServicePrincipal }) => ServicePrincipal === id);
    return found && { servicePrincipal: id, dateEnabled: found.DateEnabled?.toISOString() };
  },
  delete: (ServicePrincipal, { organizations }) => organizations.disableAWSServiceAccess({ ServicePrincipal }),
});

export const organizationsRows: Rows = {
  "aws:organizations/organizationalUnit:OrganizationalUnit": unit,
  "aws:organizations/account:Account": account,
  "aws:organizations/policy:Policy": policy,
  "aws:organizations/policyAttachment:PolicyAttachment": policyAttachment,
  "aws:organizations/delegatedAdministrator:DelegatedAdministrator": delegatedAdministrator,
  "aws:organizations/awsServiceAccess:AwsServiceAccess": serviceAccess,
};

export const organizationsFunctions: Functions = {
  "aws:organizations/getOrganization:getOrganization": fn<
    organizations.GetOrganizationArgs,
    organizations.GetOrganizationResult
  >(async (_args, { organizations }) => {
    const found = must((await organizations.describeOrganization({})).Organization, "Organization");
    const { Roots = [] } = await organizations.listRoots({});
    const accounts: organizations.GetOrganizationResult["accounts"] = [];
    for await (const page of pagesOf((NextToken) => organizations.listAccounts({ NextToken })))
      for (const {
        Id = "",
        Arn = "",
        Email = "",
        Name = "",
        Status = "",
        State = Status,
        ...joined
      } of page.Accounts ?? [])
        accounts.push({
          ...{ id: Id, arn: Arn, email: Email, name: Name, status: Status, state: State },
          joinedMethod: joined.JoinedMethod ?? "",
          joinedTimestamp: joined.JoinedTimestamp?.toISOString() ?? "",
        });
    const roots = Roots.map(({ Id = "", Arn = "", Name = "", PolicyTypes = [] }) => ({
      ...{ id: Id, arn: Arn, name: Name },
      policyTypes: PolicyTypes.map(({ Type = "", Status = "" }) => ({ type: Type, status: Status })),
    }));
    return {
      ...{ id: found.Id, arn: found.Arn, featureSet: found.FeatureSet, roots, accounts },
      masterAccountId: found.MasterAccountId,
      masterAccountArn: found.MasterAccountArn,
      masterAccountEmail: found.MasterAccountEmail,
      nonMasterAccounts: accounts.filter(({ id }) => id !== found.MasterAccountId),
    };
  }),
  "aws:organizations/getResourceTags:getResourceTags": fn<
    organizations.GetResourceTagsArgs,
    organizations.GetResourceTagsResult
  >(async ({ resourceId }, aws) => ({
    ...{ id: resourceId, resourceId },
    tags: (await ifFound(tagsOf(aws, resourceId))) ?? {},
  })),
};
