/** Asking every account what is left in it. */
import { accessRoleName } from "../../programs/access.ts";
import { callerOf } from "../aws/caller.ts";
import { placeIn } from "../aws/place.ts";
import { regionOf } from "../aws/region.ts";
import { openPlace } from "../deploy/conduct/session.ts";
import { liveAccounts, organizationOf } from "../organization/live.ts";
import type { OpenStack } from "../stacks/open.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Tagged } from "./left-over.ts";
import { globalRegion, taggedIn } from "./tagged.ts";

interface AccountToAsk {
  readonly account: string;
  readonly assumeRole: string | undefined;
  readonly isManagement: boolean;
}

export interface ToAsk {
  readonly accounts: readonly AccountToAsk[];
  readonly regions: readonly string[];
}

/**
 * The account of the environment's credentials, those the stacks are in, and every open one of the organization where the
 * credentials are the management account's; in the stacks' regions.
 */
export async function accountsToAsk(where: Surroundings, stacks: readonly OpenStack[]): Promise<ToAsk> {
  const aws = await openPlace(where, globalRegion, { assumeRole: undefined }, "everything");
  try {
    const { account: own, arn } = await callerOf(aws);
    const partition = arn.split(":")[1] ?? "aws";
    const management = (await organizationOf(aws))?.MasterAccountId;
    const roles = new Map<string, string | undefined>([[own, undefined]]);
    for (const { account, assumeRole } of stacks.map(({ values }) => placeIn(values)))
      if (account !== undefined && assumeRole !== undefined && !roles.has(account)) roles.set(account, assumeRole);
    for (const { id, state } of management === own ? await liveAccounts(aws) : [])
      if (state === "ACTIVE" && !roles.has(id)) roles.set(id, `arn:${partition}:iam::${id}:role/${accessRoleName}`);
    const accounts = [...roles].map(([account, assumeRole]) => ({
      account,
      assumeRole,
      isManagement: account === management,
    }));
    const regions = await Promise.all(stacks.map(({ name }) => regionOf(where, name)));
    return { accounts, regions: [...new Set([globalRegion, ...regions])] };
  } finally {
    aws.close();
  }
}

/** What each says; `silent` are those that could not be asked, with the reason. */
export async function askAccounts(
  where: Surroundings,
  { accounts, regions }: ToAsk,
): Promise<{ readonly tagged: readonly Tagged[]; readonly silent: readonly string[] }> {
  const tagged: Tagged[] = [];
  const silent: string[] = [];
  for (const one of accounts)
    try {
      for (const region of regions) tagged.push(...(await ask(where, region, one)));
    } catch (error) {
      silent.push(`account ${one.account} could not be asked (${(error as Error).message})`);
    }
  return { tagged, silent };
}

async function ask(where: Surroundings, region: string, one: AccountToAsk): Promise<readonly Tagged[]> {
  const aws = await openPlace(where, region, one, "everything");
  try {
    return await taggedIn({ aws, ...one });
  } finally {
    aws.close();
  }
}
