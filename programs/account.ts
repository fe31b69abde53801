import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where a stack's resources live. */
export interface Account {
  readonly id: string;
  readonly region: string;
  /** `aws`, `aws-us-gov` or `aws-cn`. */
  readonly partition: string;
}

/**
 * The provider of a whole stack: one account, and tags on everything.
 *
 * @param account the only account id it may touch; any when absent
 */
export function stackProvider(
  stack: string,
  options: { readonly account?: string | undefined; readonly tags: Readonly<Record<string, string>> },
): aws.Provider {
  return new aws.Provider(stack, {
    region: aws.config.region,
    allowedAccountIds: options.account === undefined ? undefined : [options.account],
    defaultTags: {
      tags: { ...options.tags, project: pulumi.getProject(), stack, "managed-by": "switchyard" },
    },
  });
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
