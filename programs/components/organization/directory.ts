import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OrganizationConfig } from "../../config.ts";
import { SwitchyardError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";

/** People and groups, wherever they come from. */
export interface Directory {
  /** Group → its id in the identity store. */
  readonly groupIds: Readonly<Record<string, pulumi.Input<string>>>;
  /** Person → the groups they are in; of those the stack knows. */
  readonly memberships: Readonly<Record<string, readonly string[]>>;
}

export interface PeopleArgs extends Pick<OrganizationConfig, "people" | "groups"> {
  readonly identityStoreId: string;
}

/** People and groups that the stack owns. */
export class People extends pulumi.ComponentResource implements Directory {
  readonly groupIds: Record<string, pulumi.Input<string>> = {};
  readonly memberships: Record<string, readonly string[]> = {};

  constructor(
    name: string,
    { identityStoreId, people, groups }: PeopleArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("switchyard:organization:People", name, {}, options);
    const child = { parent: this };
    for (const [group, { description = group }] of Object.entries(groups))
      this.groupIds[group] = new aws.identitystore.Group(
        group,
        { identityStoreId, displayName: group, description },
        child,
      ).groupId;
    for (const [userName, { email = "", givenName = "", familyName = "", groups: memberOf = [] }] of Object.entries(
      people,
    )) {
      const user = new aws.identitystore.User(
        userName,
        {
          identityStoreId,
          userName,
          displayName: `${givenName} ${familyName}`,
          name: { givenName, familyName },
          emails: { value: email, primary: true, type: "work" },
        },
        child,
      );
      for (const group of memberOf)
        new aws.identitystore.GroupMembership(
          `${userName}/${group}`,
          { identityStoreId, groupId: this.groupIds[group] ?? "", memberId: user.userId },
          child,
        );
      this.memberships[userName] = [...memberOf].sort();
    }
    this.registerOutputs({});
  }
}

/**
 * People and groups of an identity provider: looked up by name, never written.
 *
 * @throws SwitchyardError `invalid-config` naming who is not there.
 */
export async function lookUpPeople(
  { identityStoreId, people, groups }: PeopleArgs,
  provider: aws.Provider,
): Promise<Directory> {
  const options = { provider };
  const [there, users] = await Promise.all([
    aws.identitystore.getGroups({ identityStoreId }, options),
    aws.identitystore.getUsers({ identityStoreId }, options),
  ]);
  const groupIds = idsOf(
    "groups",
    Object.keys(groups),
    there.groups.map((one) => [one.displayName, one.groupId] as const),
  );
  const userIds = idsOf(
    "people",
    Object.keys(people),
    users.users.map((one) => [one.userName, one.userId] as const),
  );
  const members = await Promise.all(
    Object.values(groupIds).map((groupId) =>
      aws.identitystore.getGroupMemberships({ identityStoreId, groupId }, options),
    ),
  );
  const names = Object.keys(groupIds);
  const isIn = (userId: string) =>
    names.filter((_, index) => members[index]?.groupMemberships.some(({ memberId }) => memberId.userId === userId));
  const memberships = Object.fromEntries(Object.entries(userIds).map(([name, id]) => [name, isIn(id).sort()]));
  return { groupIds, memberships };
}

/** The id of each name among those that are there. */
function idsOf(
  kind: "groups" | "people",
  wanted: readonly string[],
  there: readonly (readonly [name: string, id: string])[],
): Record<string, string> {
  const ids = new Map(there);
  return Object.fromEntries(
    wanted.map((name) => {
      const id = ids.get(name);
      if (id !== undefined) return [name, id];
      throw new SwitchyardError("invalid-config", {
        what: "the identity provider has nobody of this name in Identity Center",
        where: `switchyard:${kind}.${name}`,
        fix: didYouMean(name, [...ids.keys()], kind === "groups" ? "group" : "person"),
      });
    }),
  );
}
