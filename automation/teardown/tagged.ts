/** Everything with the project's tags in one region of an account, as AWS tells it. */
import type { Aws } from "../aws/clients.ts";
import { hasEnded } from "./ended.ts";
import type { Tagged } from "./left-over.ts";

/** The tag every resource of the programs has. */
export const projectTag = { key: "project", value: "switchyard" } as const;

/** A region of an account that is asked. */
export interface Asked {
  readonly aws: Aws;
  readonly account: string;
  /** The management account of its organization. */
  readonly isManagement: boolean;
}

type Asking = (aws: Aws, account: string) => AsyncGenerator<Tagged>;
type Pairs = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;

const tagsOf = (pairs: Pairs = []) => Object.fromEntries(pairs.map(({ Key = "", Value = "" }) => [Key, Value]));

/** AWS Resource Groups Tagging API reference, GetResources. A key that is to be deleted is among its answers. */
async function* regional(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-resource-groups-tagging-api"), aws.client("tags")]);
  const { key: Key, value } = projectTag;
  for await (const page of sdk.paginateGetResources({ client }, { TagFilters: [{ Key, Values: [value] }] }))
    for (const { ResourceARN: arn = "", Tags } of page.ResourceTagMappingList ?? [])
      if (!(await hasEnded(aws, arn)))
        yield { arn, tags: tagsOf(Tags), deletedOn: /:kms:/.test(arn) ? await endOfKey(aws, arn) : undefined };
}

async function endOfKey(aws: Aws, KeyId: string): Promise<string | undefined> {
  const [{ DescribeKeyCommand }, client] = await Promise.all([import("@aws-sdk/client-kms"), aws.client("kms")]);
  return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.DeletionDate?.toISOString();
}

async function* repositories(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecr"), aws.client("ecr")]);
  yield* listed(
    sdk.paginateDescribeRepositories({ client }, {}),
    async (resourceArn) => (await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }))).tags,
  );
}

async function* publicRepositories(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-ecr-public"), aws.client("ecrPublic")]);
  yield* listed(
    sdk.paginateDescribeRepositories({ client }, {}),
    async (resourceArn) => (await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }))).tags,
  );
}

interface RepositoryPage {
  readonly repositories?: readonly { readonly repositoryArn?: string | undefined }[] | undefined;
}

/** Repositories, public or not, with the tags each is asked for. */
async function* listed(
  pages: AsyncIterable<RepositoryPage>,
  ask: (arn: string) => Promise<Pairs>,
): AsyncGenerator<Tagged> {
  for await (const { repositories: found = [] } of pages)
    for (const { repositoryArn: arn = "" } of found) yield { arn, tags: tagsOf(await ask(arn)) };
}

/** Roles, which the tagging API does not have, and what else of IAM the programs make. */
async function* identities(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-iam"), aws.client("iam")]);
  for await (const { Roles = [] } of sdk.paginateListRoles({ client }, {}))
    for (const { Arn: arn = "", RoleName } of Roles) {
      const { Tags } = await client.send(new sdk.ListRoleTagsCommand({ RoleName }));
      yield { arn, tags: tagsOf(Tags) };
    }
  for await (const { Policies = [] } of sdk.paginateListPolicies({ client }, { Scope: "Local" }))
    for (const { Arn: PolicyArn = "" } of Policies) {
      const { Tags } = await client.send(new sdk.ListPolicyTagsCommand({ PolicyArn }));
      yield { arn: PolicyArn, tags: tagsOf(Tags) };
    }
  const providers = await client.send(new sdk.ListOpenIDConnectProvidersCommand({}));
  for (const { Arn: arn = "" } of providers.OpenIDConnectProviderList ?? []) {
    const asked = new sdk.ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn: arn });
    yield { arn, tags: tagsOf((await client.send(asked)).Tags) };
  }
}

async function* organization(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  const asked = async (arn: string, ResourceId: string): Promise<Tagged> => {
    const { Tags } = await client.send(new sdk.ListTagsForResourceCommand({ ResourceId }));
    return { arn, tags: tagsOf(Tags) };
  };
  for await (const { Accounts = [] } of sdk.paginateListAccounts({ client }, {}))
    for (const { Arn = "", Id = "" } of Accounts) yield asked(Arn, Id);
  for (const Filter of ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] as const)
    for await (const { Policies = [] } of sdk.paginateListPolicies({ client }, { Filter }))
      for (const { Arn = "", Id = "", AwsManaged } of Policies) if (!AwsManaged) yield asked(Arn, Id);
  const { Roots = [] } = await client.send(new sdk.ListRootsCommand({}));
  const parents = Roots.map(({ Id }) => Id);
  for (let ParentId = parents.shift(); ParentId !== undefined; ParentId = parents.shift())
    for await (const page of sdk.paginateListOrganizationalUnitsForParent({ client }, { ParentId }))
      for (const { Arn = "", Id = "" } of page.OrganizationalUnits ?? []) {
        parents.push(Id);
        yield asked(Arn, Id);
      }
}

async function* logins(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sso-admin"), aws.client("sso")]);
  const { Instances = [] } = await client.send(new sdk.ListInstancesCommand({}));
  for (const { InstanceArn } of Instances)
    for await (const { PermissionSets = [] } of sdk.paginateListPermissionSets({ client }, { InstanceArn }))
      for (const ResourceArn of PermissionSets) {
        const { Tags } = await client.send(new sdk.ListTagsForResourceCommand({ InstanceArn, ResourceArn }));
        yield { arn: ResourceArn, tags: tagsOf(Tags) };
      }
}

async function* budgets(aws: Aws, AccountId: string): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-budgets"), aws.client("budgets")]);
  for await (const { Budgets = [] } of sdk.paginateDescribeBudgets({ client }, { AccountId }))
    for (const { BudgetName } of Budgets) {
      const ResourceARN = `arn:aws:budgets::${AccountId}:budget/${BudgetName}`;
      const { ResourceTags } = await client.send(new sdk.ListTagsForResourceCommand({ ResourceARN }));
      yield { arn: ResourceARN, tags: tagsOf(ResourceTags) };
    }
}

async function* trails(aws: Aws): AsyncGenerator<Tagged> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudtrail"), aws.client("cloudtrail")]);
  for await (const { Trails = [] } of sdk.paginateListTrails({ client }, {}))
    for (const { TrailARN: arn = "", HomeRegion } of Trails) {
      if (HomeRegion !== aws.region) continue;
      const { ResourceTagList } = await client.send(new sdk.ListTagsCommand({ ResourceIdList: [arn] }));
      yield { arn, tags: tagsOf(ResourceTagList?.[0]?.TagsList) };
    }
}

/** Services that answer for an account whatever the region, in this one. */
export const globalRegion = "us-east-1";
const everywhere: readonly Asking[] = [regional, repositories, trails];
/** The tagging API has not all of these. */
const once: readonly Asking[] = [identities, publicRepositories, budgets];
const ofManagement: readonly Asking[] = [organization, logins];

/** @throws an error of the SDK where the account may not be asked. */
export async function taggedIn({ aws, account, isManagement }: Asked): Promise<readonly Tagged[]> {
  const isGlobal = aws.region === globalRegion;
  const found: Tagged[] = [];
  for (const ask of [...everywhere, ...(isGlobal ? once : []), ...(isGlobal && isManagement ? ofManagement : [])])
    for await (const one of ask(aws, account)) found.push(one);
  return found.filter(({ tags }) => tags[projectTag.key] === projectTag.value);
}

/** What of stacks the region's tagging API tells, and IAM, which has tags of its own: enough for what environments make. */
export async function taggedOfStacks(aws: Aws, isWanted: (stack: string) => boolean): Promise<readonly Tagged[]> {
  const found: Tagged[] = [];
  for (const ask of [regional, identities])
    for await (const one of ask(aws))
      if (one.tags[projectTag.key] === projectTag.value && isWanted(one.tags["stack"] ?? "")) found.push(one);
  return found;
}
