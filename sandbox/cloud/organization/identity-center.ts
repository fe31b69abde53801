/** What moto lacks of Identity Center: boundaries, tags, that a name is there once, and that it may not be enabled. */
import {
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeletePermissionSetCommand,
  DeletePermissionsBoundaryFromPermissionSetCommand,
  DescribePermissionSetCommand,
  GetPermissionsBoundaryForPermissionSetCommand,
  ListInstancesCommand,
  ListTagsForResourceCommand,
  type PermissionsBoundary,
  PutPermissionsBoundaryToPermissionSetCommand,
  paginateListAccountAssignments,
  paginateListPermissionSets,
  SSOAdminClient,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sso-admin";
import { awsError, type CloudContext } from "../handlers.ts";
import { Tags } from "./tags.ts";

/** A person enables Identity Center in the console: `PUT /_switchyard/identity-center` does, `DELETE` takes it away. */
const consolePath = "/_switchyard/identity-center";

export function installIdentityCenter(cloud: CloudContext): void {
  let enabled = true;
  const boundaries = new Map<string, PermissionsBoundary>();
  const tags = new Tags();
  cloud.onReset(() => {
    enabled = true;
    boundaries.clear();
    tags.clear();
  });
  cloud.route(consolePath, (request, response) => {
    enabled = request.method !== "DELETE";
    response.writeHead(204).end();
  });
  cloud.handle(ListInstancesCommand, async (_input, call) => (enabled ? call.toMoto() : { Instances: [] }));

  cloud.handle(CreatePermissionSetCommand, async (input, call) => {
    const client = call.moto(SSOAdminClient);
    const { InstanceArn } = input;
    for await (const { PermissionSets = [] } of paginateListPermissionSets({ client }, { InstanceArn }))
      for (const PermissionSetArn of PermissionSets) {
        const found = await client.send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }));
        if (found.PermissionSet?.Name === input.Name)
          throw awsError("ConflictException", `PermissionSet with name ${input.Name} already exists.`);
      }
    const answer = await call.toMoto();
    tags.set(answer.PermissionSet?.PermissionSetArn, input.Tags);
    return answer;
  });
  cloud.handle(DeletePermissionSetCommand, async ({ PermissionSetArn = "" }, call) => {
    const answer = await call.toMoto();
    boundaries.delete(PermissionSetArn);
    tags.delete(PermissionSetArn);
    return answer;
  });
  cloud.handle(ListTagsForResourceCommand, ({ ResourceArn }) => ({ Tags: tags.of(ResourceArn) as never }));
  cloud.handle(TagResourceCommand, ({ ResourceArn, Tags: added }) => tags.add(ResourceArn, added));
  cloud.handle(UntagResourceCommand, ({ ResourceArn, TagKeys }) => tags.remove(ResourceArn, TagKeys));

  cloud.handle(PutPermissionsBoundaryToPermissionSetCommand, async (input, call) => {
    const { InstanceArn, PermissionSetArn = "", PermissionsBoundary = {} } = input;
    await call.moto(SSOAdminClient).send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }));
    boundaries.set(PermissionSetArn, PermissionsBoundary);
    return {};
  });
  cloud.handle(GetPermissionsBoundaryForPermissionSetCommand, ({ PermissionSetArn = "" }) => ({
    PermissionsBoundary: boundaries.get(PermissionSetArn) ?? notFound("PermissionsBoundary not found"),
  }));
  cloud.handle(DeletePermissionsBoundaryFromPermissionSetCommand, ({ PermissionSetArn = "" }) =>
    boundaries.delete(PermissionSetArn) ? {} : notFound("PermissionsBoundary not found"),
  );

  // Of two assignments that are the same AWS keeps one.
  cloud.handle(CreateAccountAssignmentCommand, async (input, call) => {
    const { InstanceArn, PermissionSetArn, TargetId: AccountId } = input;
    const client = call.moto(SSOAdminClient);
    const pages = paginateListAccountAssignments({ client }, { InstanceArn, PermissionSetArn, AccountId });
    for await (const { AccountAssignments = [] } of pages)
      if (AccountAssignments.some((one) => one.PrincipalId === input.PrincipalId)) {
        const { PrincipalId, PrincipalType, TargetId, TargetType } = input;
        const same = { PrincipalId, PrincipalType, TargetId, TargetType, PermissionSetArn };
        return {
          AccountAssignmentCreationStatus: { Status: "SUCCEEDED" as const, RequestId: call.requestId, ...same },
        };
      }
    return call.toMoto();
  });
}

function notFound(message: string): never {
  throw awsError("ResourceNotFoundException", message);
}
