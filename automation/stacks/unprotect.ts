/** Lifting what keeps a stack's resources from deletion. */

import type { Surroundings } from "../surroundings.ts";
import { keptFromDeletion, type StateResource, stateResources } from "./destroy.ts";
import { type OpenStack, openStack } from "./open.ts";
import { apply } from "./update.ts";

interface Lifting {
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/**
 * Applies the stack as the tier `development`, which protects nothing and lets buckets and repositories go with what they
 * hold; then takes away the engine's protection of what has it in every tier. Nothing is written to the stack's file.
 *
 * @throws SwitchyardError `update-failed` when the stack cannot be applied.
 */
export async function liftProtections(where: Surroundings, { name, stack }: OpenStack, how: Lifting): Promise<void> {
  const before = keptFromDeletion(await stateResources(stack));
  if (before.length === 0) return;
  for (const one of before) how.tell(`  ${name}: no longer kept: ${one}`);
  await apply(await openStack(where, name, { "switchyard:tier": "development" }), { signal: how.signal });
  const exported = await stack.exportStack();
  const deployment = exported.deployment as { readonly resources?: readonly StateResource[] };
  if (!deployment.resources?.some(({ protect }) => protect)) return;
  await stack.importStack({
    ...exported,
    deployment: { ...deployment, resources: deployment.resources.map(unprotected) },
  });
}

function unprotected({ protect: _, ...resource }: StateResource): StateResource {
  return resource;
}
