import type { Aws } from "../../aws/clients.ts";
import type { EnvironmentShape } from "./shape.ts";

/** Active task definitions of each service's family, newest first. */
export async function activeTaskDefinitions(
  aws: Aws,
  shape: EnvironmentShape,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { paginateListTaskDefinitions } = await import("@aws-sdk/client-ecs");
  const client = await aws.client("ecs");
  const families = Object.entries(shape.services).flatMap(([name, s]) =>
    s.staged ? [[name, familyOf(s.staged.taskDefinitionArn)] as const] : [],
  );
  const found = families.map(async ([name, familyPrefix]) => {
    const arns: string[] = [];
    for await (const page of paginateListTaskDefinitions({ client }, { familyPrefix, status: "ACTIVE", sort: "DESC" }))
      arns.push(...(page.taskDefinitionArns ?? []));
    // The API matches by prefix: a family `web` also answers for `web-admin`.
    return [name, arns.filter((arn) => familyOf(arn) === familyPrefix)] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

export async function deregister(aws: Aws, arns: readonly string[], guard: () => AbortSignal): Promise<void> {
  const { DeregisterTaskDefinitionCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  for (const taskDefinition of arns)
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }), { abortSignal: guard() });
}

/** `web` of `arn:aws:ecs:…:task-definition/web:12`. */
export function familyOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1, arn.lastIndexOf(":"));
}
