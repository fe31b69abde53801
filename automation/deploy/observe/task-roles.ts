/** Roles that tasks and the migration function run with: deleted ones keep whatever needs them from starting. */
import type { TaskDefinition } from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";

/** The ARNs of the role that starts a task, and of the one its code runs with. */
export function rolesOf(definition: TaskDefinition | undefined): readonly string[] {
  return [definition?.executionRoleArn, definition?.taskRoleArn].flatMap((arn) => arn ?? []);
}

/** Those roles that are not there, as `role <name>`, each once. */
export async function rolesDeleted(aws: Aws, arns: readonly string[]): Promise<readonly string[]> {
  const names = [...new Set(arns)].map((arn) => arn.slice(arn.lastIndexOf("/") + 1));
  const isThere = await Promise.all(names.map((name) => roleThere(aws, name)));
  return names.filter((_, i) => !isThere[i]).map((name) => `role ${name}`);
}

/** Whoever may not look at a role is kept from nothing: only IAM's word that there is none counts. */
async function roleThere(aws: Aws, RoleName: string): Promise<boolean> {
  const { GetRoleCommand } = await import("@aws-sdk/client-iam");
  const iam = await aws.client("iam");
  return iam.send(new GetRoleCommand({ RoleName })).then(
    () => true,
    (error: Error) => error.name !== "NoSuchEntityException",
  );
}
