/** The end of a preview environment: what it made, the task definitions `destroy` leaves of others, its state. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import type { Context } from "../commands/context.ts";
import { destroyAll } from "../commands/destroy.ts";
import { deregister } from "../deploy/observe/task-definitions.ts";
import { audited } from "../ledger/audit.ts";
import { previewStacks } from "./find.ts";
import type { Hold } from "./hold.ts";
import { pullOf } from "./name.ts";
import { readPreview, writePreview } from "./record.ts";
import { tellGone } from "./tell.ts";

/** Says first that it is to end: whoever is at work on it stops, and whoever comes next finishes this. */
export async function endPreview(hold: Hold, why: string): Promise<void> {
  const { context, stack, aws, table, clock } = hold;
  const before = await readPreview(table);
  if (before !== undefined && before.state !== "destroying" && before.state !== "gone")
    await writePreview(table, before, { ...before, state: "destroying" });
  await audited(
    { table, clock },
    "preview",
    async () => {
      if ((await previewStacks(context.where)).includes(stack)) {
        await destroyWhole(context, stack);
        await deleteTaskDefinitions(aws, stack);
        await removeState(context, stack);
      } else await deleteTaskDefinitions(aws, stack);
    },
    () => ({ why: `destroyed: ${why}` }),
  );
  const last = await readPreview(table);
  if (last === undefined || last.state === "gone") return;
  await writePreview(table, last, { ...last, state: "gone" });
  await tellGone(context, pullOf(stack) as number);
}

/** A pull request may have made it a protected one. */
async function destroyWhole(context: Context, stack: string): Promise<void> {
  try {
    await destroyAll(context, stack);
  } catch (error) {
    if (!(error instanceof SwitchyardError) || error.code !== "protected") throw error;
    await destroyAll(context, stack, true);
  }
}

/** Amazon ECS API reference, DeleteTaskDefinitions. */
const definitionsPerCall = 10;

/** Nothing can run by them any more: the environment's clusters are gone. */
async function deleteTaskDefinitions(aws: Aws, stack: string): Promise<void> {
  const sdk = await import("@aws-sdk/client-ecs");
  const client = await aws.client("ecs");
  const guard = () => AbortSignal.timeout(60_000);
  for (const status of ["ACTIVE", "INACTIVE"] as const) {
    const arns: string[] = [];
    const families = sdk.paginateListTaskDefinitionFamilies({ client }, { familyPrefix: `${stack}-`, status });
    for await (const { families: names = [] } of families)
      for (const familyPrefix of names)
        for await (const page of sdk.paginateListTaskDefinitions({ client }, { familyPrefix, status }))
          arns.push(...(page.taskDefinitionArns ?? []));
    const own = [...new Set(arns)];
    if (status === "ACTIVE") await deregister(aws, own, guard);
    else
      for (let i = 0; i < own.length; i += definitionsPerCall)
        await client.send(
          new sdk.DeleteTaskDefinitionsCommand({ taskDefinitions: own.slice(i, i + definitionsPerCall) }),
        );
  }
}

/** The engine refuses to forget a state with resources in it. */
async function removeState({ where }: Context, stack: string): Promise<void> {
  const [{ LocalWorkspace }, pulumiCommand, workDir] = await Promise.all([
    import("@pulumi/pulumi/automation/index.js"),
    where.pulumi(),
    where.workDir(stack),
  ]);
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand, envVars: { ...where.engineEnv } });
  await workspace.removeStack(stack);
}
