import { leave } from "./change.ts";
import type { Deployment } from "./deployment.ts";
import { EngineError } from "./errors.ts";
import { shuttingDown } from "./grpc.ts";
import { needs, type Resource } from "./state.ts";
import { perform, refuseStep } from "./steps.ts";
import { isProviderType } from "./urn.ts";

/** Deletes what a resource stands for, unless it is kept, or goes with another resource that is deleted. */
export async function deleteLive(deployment: Deployment, resource: Resource): Promise<void> {
  if (deployment.preview || !resource.custom || resource.external || resource.retainOnDelete) return;
  if (resource.deletedWith && deployment.deleted.has(resource.deletedWith)) return;
  if (isProviderType(resource.type)) return;
  const operator = await deployment.registry.operator(resource.type, resource.provider);
  await operator.delete(resource);
}

/**
 * Deletes the resources of the state that `condemned` picks: each as soon as everything that needs it is gone,
 * independent ones at the same time.
 */
export async function deleteResources(deployment: Deployment, condemned: readonly Resource[]): Promise<void> {
  const doomed = condemned.filter((resource) => deployment.targets.deletes(resource));
  for (const resource of doomed) {
    if (resource.protect)
      refuseStep(deployment, { op: "delete", urn: resource.urn, old: resource }, protectedError(resource));
  }
  if (deployment.failed && !deployment.preview) return;
  refuseOrphans(deployment, doomed);
  for (const resource of condemned) {
    const stays = !doomed.includes(resource) && !resource.delete;
    if (stays) await leave(deployment, resource);
  }
  for (const resource of doomed) deployment.deleted.add(resource.urn);
  const gone = new Map<Resource, Promise<void>>();
  // Whoever needs a resource stands after it, so going backwards its deletion can wait for theirs.
  for (const resource of [...doomed].reverse()) {
    if (resource.protect) continue;
    const dependents = [...gone.keys()].filter((other) => needs(other).has(resource.urn) && other !== resource);
    const waits = dependents.map((other) => gone.get(other));
    gone.set(
      resource,
      Promise.all(waits).then(() => deleteOne(deployment, resource)),
    );
  }
  const results = await Promise.allSettled(gone.values());
  if (results.some((result) => result.status === "rejected")) throw shuttingDown();
}

async function deleteOne(deployment: Deployment, resource: Resource): Promise<void> {
  const { urn } = resource;
  if (resource.pendingReplacement) {
    // It was deleted already, to be replaced, and is not wanted any more.
    deployment.snapshot.settle(resource, undefined);
    return;
  }
  const replaced = resource.delete === true;
  // What was only read is not deleted but forgotten.
  const op = resource.external ? "discard" : "delete";
  const step = {
    op: replaced ? `${op}-replaced` : op,
    urn,
    old: resource,
    logical: !replaced,
    uncounted: replaced,
  };
  await perform(
    deployment,
    step,
    resource.custom ? "deleting" : undefined,
    () => deleteLive(deployment, resource),
    () => {
      deployment.snapshot.settle(resource, undefined);
      return undefined;
    },
  );
}

/** With `--target`, deleting a resource that another one still needs is an error. */
function refuseOrphans(deployment: Deployment, doomed: readonly Resource[]): void {
  if (!deployment.targets.limited) return;
  const urns = new Set(doomed.map((resource) => resource.urn));
  const kept = deployment.snapshot.remaining().filter((resource) => !doomed.includes(resource));
  for (const resource of kept) {
    const lost = [...needs(resource)].find((urn) => urns.has(urn));
    if (!lost) continue;
    const what = `must be deleted too, as it needs ${lost}, but was not specified in --target`;
    throw new EngineError("resource-failed", {
      where: resource.urn,
      what,
      fix: "Target it too, or pass --target-dependents",
    });
  }
}

function protectedError({ urn }: Resource): EngineError {
  const what = `resource "${urn}" cannot be deleted\nbecause it is protected`;
  const fix = "To unprotect the resource, remove the `protect` flag from the resource in your program and run `up`";
  return new EngineError("resource-failed", { where: urn, what, fix });
}
