import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accountOf, stackProvider } from "./account.ts";
import { PublicRepository } from "./components/registry/public-repository.ts";
import { PushRole } from "./components/registry/push-role.ts";
import type { RegistryConfig } from "./config.ts";
import { SwitchyardError } from "./errors.ts";
import { profileOf } from "./profile.ts";

/** What the registry stack gives to the others. */
export interface RegistryOutputs {
  /** Repository → `public.ecr.aws/<alias>/<repository>`. */
  readonly repositoryUris: Readonly<Record<string, string>>;
  readonly pushRoleArn: string;
}

/** The same, while a program runs. */
export type RegistryOutput = { readonly [Key in keyof RegistryOutputs]: pulumi.Input<RegistryOutputs[Key]> };

/** Amazon ECR Public has its API here, whatever region images are pulled from (Amazon ECR Public user guide). */
const onlyRegion = "us-east-1";

/**
 * The public repositories, in an account of their own, and the role that pushes to them.
 *
 * @throws SwitchyardError `invalid-config` in another region, outside an organization and in its management account.
 */
export async function registry(config: RegistryConfig): Promise<RegistryOutput> {
  const name = config.stack;
  const profile = profileOf(config.tier);
  const provider = stackProvider(name, config);
  const options = { providers: { aws: provider } };
  const account = await accountOf(provider);
  refuseRegion(account.region);
  await refuseManagementAccount(account.id, provider);

  const repositoryUris: Record<string, pulumi.Output<string>> = {};
  for (const [repository, catalogue] of Object.entries(config.publicRepositories))
    repositoryUris[repository] = new PublicRepository(
      repository,
      { profile, repositoryName: repository, catalogue },
      options,
    ).uri;
  const role = new PushRole(
    `${name}-push`,
    { account, github: config.github, repositoryNames: Object.keys(config.publicRepositories) },
    options,
  );
  return { repositoryUris: pulumi.all(repositoryUris), pushRoleArn: role.arn };
}

function refuseRegion(region: string): void {
  if (region === onlyRegion) return;
  throw new SwitchyardError("invalid-config", {
    what: `public repositories are made in ${onlyRegion} only, and this is ${region}`,
    where: "aws:region",
    fix: `Set it to ${onlyRegion}`,
  });
}

/** What is public is kept apart from what governs every account: nothing limits the management account. */
async function refuseManagementAccount(account: string, provider: aws.Provider): Promise<void> {
  const { masterAccountId } = await aws.organizations
    .getOrganization({}, { provider })
    .catch(() => ({ masterAccountId: undefined }));
  if (masterAccountId !== undefined && masterAccountId !== account) return;
  throw new SwitchyardError("invalid-config", {
    what:
      masterAccountId === undefined
        ? `account ${account} is in no organization, or may not look it up`
        : `account ${account} is the organization's management account`,
    where: "switchyard:account",
    fix: "Apply the registry with credentials of an account of its own: add one to Pulumi.organization.yaml",
  });
}
