/** The end of a stack: everything is looked at before anything is deleted. */
import type { OpMap } from "@pulumi/pulumi/automation/index.js";
import { SwitchyardError } from "../../programs/errors.ts";
import { nameOf } from "./changes.ts";
import type { OpenStack } from "./open.ts";
import { Troubles } from "./troubles.ts";
import { updateFailed } from "./update.ts";

/** A resource as an engine's state has it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly protect?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** What AWS refuses to delete while it is set; other types have no such input. */
const guards: readonly string[] = ["enableDeletionProtection", "deletionProtection", "deletionProtectionEnabled"];

/** Why each resource that is not to be deleted is not; empty when all may go. */
export function keptFromDeletion(resources: readonly StateResource[]): readonly string[] {
  return resources.flatMap(({ urn, type, protect, inputs }) => {
    const guard = guards.find((name) => inputs?.[name] === true);
    const why = protect === true ? "protected" : guard;
    return why === undefined ? [] : [`${type} ${nameOf(urn)} (${why})`];
  });
}

/** What the state has of a stack; nothing of one that was never applied. */
export async function stateResources(
  stack: Pick<OpenStack["stack"], "exportStack">,
): Promise<readonly StateResource[]> {
  const { deployment } = await stack.exportStack();
  return ((deployment ?? {}) as { resources?: readonly StateResource[] }).resources ?? [];
}

const shown = 5;

/**
 * Refuses what an engine would only notice on its way, the official one after most of the stack is gone.
 *
 * @throws SwitchyardError `protected` naming the resources, or `update-failed` when the preview fails.
 */
export async function refuseProtected({ name, stack }: OpenStack): Promise<void> {
  const kept = keptFromDeletion(await stateResources(stack));
  if (kept.length > 0)
    throw new SwitchyardError("protected", {
      what: `${kept.length} of its resources ${kept.length === 1 ? "is" : "are"} kept from deletion: ${kept.slice(0, shown).join(", ")}${kept.length > shown ? ", …" : ""}; nothing was deleted`,
      where: `stack ${name}`,
      fix: `to delete them on purpose, run it with --unprotect, or set \`switchyard:tier: development\` and run \`switchyard up ${name}\` first (docs/destroy.md)`,
    });
  await destroyStack({ name, stack }, { previewOnly: true });
}

/** @throws SwitchyardError `update-failed` naming the resource and why. */
export async function destroyStack(
  { name, stack }: Pick<OpenStack, "name" | "stack">,
  how: { readonly previewOnly?: true; readonly signal?: AbortSignal } = {},
): Promise<OpMap> {
  const troubles = new Troubles();
  try {
    const { summary } = await stack.destroy({ ...how, onEvent: (event) => troubles.add(event) });
    // The last update's, and undefined whatever its type says of a stack that has had none: a preview is not kept.
    return (summary as typeof summary | undefined)?.resourceChanges ?? {};
  } catch (cause) {
    throw updateFailed(name, how.previewOnly ? "it cannot be destroyed" : "the destroy failed", troubles.said, cause);
  }
}
