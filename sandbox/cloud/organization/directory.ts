/** What moto lacks of the identity store: changes of people and groups, and that a name or a membership is there once. */
import {
  CreateGroupCommand,
  CreateGroupMembershipCommand,
  DescribeGroupCommand,
  DescribeUserCommand,
  GetGroupIdCommand,
  GetGroupMembershipIdCommand,
  IdentitystoreClient,
  ListGroupsCommand,
  ListUsersCommand,
  UpdateGroupCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-identitystore";
import { awsError, type CloudContext } from "../handlers.ts";

export function installDirectory(cloud: CloudContext): void {
  /** What was changed since moto was told, by id. */
  const changes = new Map<string, Record<string, unknown>>();
  cloud.onReset(() => changes.clear());
  const changed = <T extends object>(id: string | undefined, found: T): T => ({ ...found, ...changes.get(id ?? "") });

  cloud.handle(UpdateUserCommand, async ({ IdentityStoreId, UserId, Operations }, call) => {
    await call.moto(IdentitystoreClient).send(new DescribeUserCommand({ IdentityStoreId, UserId }));
    note(UserId, Operations);
    return {};
  });
  cloud.handle(UpdateGroupCommand, async ({ IdentityStoreId, GroupId, Operations }, call) => {
    await call.moto(IdentitystoreClient).send(new DescribeGroupCommand({ IdentityStoreId, GroupId }));
    note(GroupId, Operations);
    return {};
  });
  cloud.handle(DescribeUserCommand, async (input, call) => changed(input.UserId, await call.toMoto()));
  cloud.handle(DescribeGroupCommand, async (input, call) => changed(input.GroupId, await call.toMoto()));
  cloud.handle(ListUsersCommand, async (_input, call) => {
    const answer = await call.toMoto();
    return { ...answer, Users: answer.Users?.map((one) => changed(one.UserId, one)) };
  });
  cloud.handle(ListGroupsCommand, async (_input, call) => {
    const answer = await call.toMoto();
    return { ...answer, Groups: answer.Groups?.map((one) => changed(one.GroupId, one)) };
  });
  cloud.handle(CreateGroupCommand, async ({ IdentityStoreId, DisplayName }, call) => {
    const AlternateIdentifier = { UniqueAttribute: { AttributePath: "displayName", AttributeValue: DisplayName } };
    const asked = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier });
    if (await isThere(call.moto(IdentitystoreClient).send(asked))) throw conflict("Duplicate GroupDisplayName");
    return call.toMoto();
  });
  cloud.handle(CreateGroupMembershipCommand, async ({ IdentityStoreId, GroupId, MemberId }, call) => {
    const asked = new GetGroupMembershipIdCommand({ IdentityStoreId, GroupId, MemberId });
    if (await isThere(call.moto(IdentitystoreClient).send(asked)))
      throw conflict("Member and Group relationship already exists");
    return call.toMoto();
  });

  function note(
    id = "",
    operations: readonly { AttributePath: string | undefined; AttributeValue?: unknown }[] = [],
  ): void {
    const set = operations.map(({ AttributePath = "", AttributeValue }) => [
      AttributePath.charAt(0).toUpperCase() + AttributePath.slice(1),
      AttributeValue,
    ]);
    changes.set(id, { ...changes.get(id), ...Object.fromEntries(set) });
  }
}

const conflict = (message: string) => awsError("ConflictException", message, 409);

async function isThere(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return false;
    throw error;
  }
}
