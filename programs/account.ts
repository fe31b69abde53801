import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accountOfRole, sessionName } from "./access.ts";

/** Where a stack's resources live. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** `aws`, `aws-us-gov` or `aws-cn`. */
  readonly partition: string;
}

interface StackSettings {
  /** The only account id it may touch; the role's when absent, any without one. */
  readonly account?: string | undefined;
  /** ARN of the role it enters the account by; the credentials are the account's own when absent. */
  readonly assumeRole?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The provider of a whole stack: one account, and tags on everything. */
export function stackProvider(stack: string, options: StackSettings): aws.Provider {
  const { assumeRole, account = accountOfRole(assumeRole) } = options;
  return new aws.Provider(stack, {
    ...common(stack, options),
    ...(assumeRole && { assumeRoles: [{ roleArn: assumeRole, sessionName: sessionName(stack) }] }),
    allowedAccountIds: account === undefined ? undefined : [account],
  });
}

/** The provider of what a stack has in another account, which it enters by a role there. */
export function accountProvider(
  name: string,
  stack: string,
  options: Pick<StackSettings, "tags">,
  there: { readonly account: pulumi.Input<string>; readonly partition: string; readonly role: string },
): aws.Provider {
  const roleArn = pulumi.interpolate`arn:${there.partition}:iam::${there.account}:role/${there.role}`;
  return new aws.Provider(name, {
    ...common(stack, options),
    assumeRoles: [{ roleArn, sessionName: sessionName(stack) }],
    allowedAccountIds: [there.account],
  });
}

function common(stack: string, { tags }: Pick<StackSettings, "tags">): aws.ProviderArgs {
  return {
    region: aws.config.region,
    defaultTags: { tags: { ...tags, project: pulumi.getProject(), stack, "managed-by": "switchyard" } },
  };
}

/** Plain values, so that policies are whole, and checkable, in every preview. */
export async function accountOf(provider: aws.Provider): Promise<Account> {
  const [identity, region, partition] = await Promise.all([
    aws.getCallerIdentity({}, { provider }),
    aws.getRegion({}, { provider }),
    aws.getPartition({}, { provider }),
  ]);
  return { id: identity.accountId, region: region.region, partition: partition.partition };
}
