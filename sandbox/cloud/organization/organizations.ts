/** What AWS refuses of an organization and moto does not. */
import {
  type Account,
  AttachPolicyCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  DeleteOrganizationalUnitCommand,
  DescribePolicyCommand,
  ListChildrenCommand,
  ListPoliciesForTargetCommand,
  ListRootsCommand,
  OrganizationsClient,
  paginateListAccounts,
  paginateListOrganizationalUnitsForParent,
} from "@aws-sdk/client-organizations";
import { AwsError, awsError, type CloudContext } from "../handlers.ts";

/** AWS Organizations user guide, "Quotas". */
const mostAttached = 5;

export function installOrganizations(cloud: CloudContext): void {
  cloud.handle(CreateAccountCommand, async ({ AccountName, Email }, call) => {
    const client = call.moto(OrganizationsClient);
    const there: Account[] = [];
    for await (const { Accounts = [] } of paginateListAccounts({ client }, {})) there.push(...Accounts);
    if (!there.some((one) => one.Email?.toLowerCase() === Email?.toLowerCase())) return call.toMoto();
    const failed = {
      Id: `car-${call.requestId}`,
      AccountName,
      State: "FAILED",
      FailureReason: "EMAIL_ALREADY_EXISTS",
    } as const;
    return { CreateAccountStatus: failed };
  });

  cloud.handle(AttachPolicyCommand, async ({ PolicyId, TargetId }, call) => {
    const client = call.moto(OrganizationsClient);
    const { Policy } = await client.send(new DescribePolicyCommand({ PolicyId }));
    const Filter = Policy?.PolicySummary?.Type;
    const { Roots = [] } = await client.send(new ListRootsCommand({}));
    if (!Roots[0]?.PolicyTypes?.some(({ Type }) => Type === Filter))
      throw awsError("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.");
    const { Policies = [] } = await client.send(new ListPoliciesForTargetCommand({ TargetId, Filter }));
    if (Policies.some(({ Id }) => Id === PolicyId))
      throw awsError("DuplicatePolicyAttachmentException", "A policy with the same name and type already attached.");
    if (Policies.length >= mostAttached)
      throw new AwsError(
        "ConstraintViolationException",
        "You have attempted to exceed the number of policies that you can attach.",
        400,
        { Reason: "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED" },
      );
    return call.toMoto();
  });

  cloud.handle(CreateOrganizationalUnitCommand, async ({ ParentId, Name }, call) => {
    await refuseSameName(call.moto(OrganizationsClient), ParentId, Name);
    return call.toMoto();
  });
  cloud.handle(DeleteOrganizationalUnitCommand, async ({ OrganizationalUnitId: ParentId }, call) => {
    const client = call.moto(OrganizationsClient);
    for (const ChildType of ["ACCOUNT", "ORGANIZATIONAL_UNIT"] as const) {
      const { Children = [] } = await client.send(new ListChildrenCommand({ ParentId, ChildType }));
      if (Children.length > 0)
        throw awsError(
          "OrganizationalUnitNotEmptyException",
          "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try the operation again.",
        );
    }
    return call.toMoto();
  });
}

async function refuseSameName(client: OrganizationsClient, ParentId: string | undefined, name: string | undefined) {
  for await (const { OrganizationalUnits = [] } of paginateListOrganizationalUnitsForParent({ client }, { ParentId }))
    if (OrganizationalUnits.some(({ Name }) => Name === name))
      throw awsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.");
}
