/** Accounts that outlive their units. */
import type { Aws } from "../aws/clients.ts";
import type { StateResource } from "../stacks/destroy.ts";

/** The ids of the units a stack's state has. */
export function unitsIn(resources: readonly StateResource[]): readonly string[] {
  const type = "aws:organizations/organizationalUnit:OrganizationalUnit";
  return resources.flatMap((one) => (one.type === type && one.id ? [one.id] : []));
}

/** Moves every account out of units that are to be deleted, which AWS does only when nothing is in them. */
export async function moveToRoot(aws: Aws, units: readonly string[]): Promise<void> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-organizations"), aws.client("organizations")]);
  const { Roots = [] } = await client.send(new sdk.ListRootsCommand({}));
  for (const SourceParentId of units) {
    const inside: string[] = [];
    for await (const { Accounts = [] } of sdk.paginateListAccountsForParent({ client }, { ParentId: SourceParentId }))
      inside.push(...Accounts.flatMap(({ Id = [] }) => Id));
    for (const AccountId of inside) {
      const move = { AccountId, SourceParentId, DestinationParentId: Roots[0]?.Id };
      await client.send(new sdk.MoveAccountCommand(move));
    }
  }
}
