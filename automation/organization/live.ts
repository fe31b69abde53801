/** The organization's accounts as AWS has them, and who is assigned to one. */
import type { Organization } from "@aws-sdk/client-organizations";
import type { AccountAssignment } from "@aws-sdk/client-sso-admin";
import type { Aws } from "../aws/clients.ts";

export interface LiveAccount {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** `ACTIVE`, `PENDING_CLOSURE`, `SUSPENDED`: closed, and gone after 90 days. */
  readonly state: string;
}

/** Undefined for an account that is in none. */
export async function organizationOf(aws: Aws): Promise<Organization | undefined> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  try {
    return (await client.send(new sdk.DescribeOrganizationCommand({}))).Organization;
  } catch (error) {
    if ((error as Error).name === "AWSOrganizationsNotInUseException") return undefined;
    throw error;
  }
}

export async function liveAccounts(aws: Aws): Promise<readonly LiveAccount[]> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  const accounts: LiveAccount[] = [];
  for await (const { Accounts = [] } of sdk.paginateListAccounts({ client }, {}))
    for (const { Id: id = "", Name: name = "", Email: email = "", Status = "", State = Status } of Accounts)
      accounts.push({ id, name, email, state: State });
  return accounts;
}

/** Every assignment to an account, whoever made it. */
export async function liveAssignments(
  aws: Aws,
  InstanceArn: string,
  AccountId: string,
): Promise<readonly AccountAssignment[]> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-sso-admin"), aws.client("sso")]);
  const found: AccountAssignment[] = [];
  for await (const { PermissionSets = [] } of sdk.paginateListPermissionSets({ client }, { InstanceArn }))
    for (const PermissionSetArn of PermissionSets) {
      const pages = sdk.paginateListAccountAssignments({ client }, { InstanceArn, AccountId, PermissionSetArn });
      for await (const { AccountAssignments = [] } of pages) found.push(...AccountAssignments);
    }
  return found;
}
