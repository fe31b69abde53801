import { deleteLive } from "./delete.ts";
import type { Deployment } from "./deployment.ts";
import { applyReplaceOnChanges, diffResource, replaces } from "./diff.ts";
import { EngineError } from "./errors.ts";
import { needs, providerUrn, type Resource } from "./state.ts";
import { perform } from "./steps.ts";
import { type Properties, unknownValue } from "./values.ts";

/** Deletes a resource before its replacement is made, and first every resource that must be replaced with it. */
export async function deleteForReplacement(deployment: Deployment, root: Resource): Promise<void> {
  const dependents = await dependentReplacements(deployment, root);
  for (const resource of [...dependents.reverse(), root]) {
    if (resource.protect && resource !== root) {
      const what = `unable to replace resource "${resource.urn}" as part of replacing "${root.urn}" as it is protected`;
      throw new EngineError("resource-failed", { where: resource.urn, what, fix: "Unprotect it first" });
    }
    deployment.deleted.add(resource.urn);
    await perform(
      deployment,
      { op: "delete-replaced", urn: resource.urn, old: resource, logical: false, uncounted: true },
      resource.custom ? "deleting" : undefined,
      () => deleteLive(deployment, resource),
      () => {
        // It stays in the state until its replacement is made: a run killed in between must make it.
        deployment.snapshot.change(resource, { ...resource, pendingReplacement: true });
        return undefined;
      },
    );
  }
}

/**
 * The resources that depend on `root`, in order, and would be replaced when what they take from it changes: found by
 * asking their providers about unknown values in the place of those.
 */
async function dependentReplacements(deployment: Deployment, root: Resource): Promise<Resource[]> {
  const related = new Set([root.urn]);
  const replaced = new Set([root.urn]);
  const found: Resource[] = [];
  for (const resource of deployment.snapshot.remaining()) {
    if (resource.urn === root.urn || resource.delete || deployment.seen.has(resource.urn)) continue;
    const { parent, ...withoutParent } = resource;
    if (![...needs(withoutParent)].some((urn) => related.has(urn))) continue;
    related.add(resource.urn);
    if (resource.pendingReplacement || !(await mustFollow(deployment, resource, replaced))) continue;
    replaced.add(resource.urn);
    found.push(resource);
  }
  return found;
}

async function mustFollow(deployment: Deployment, resource: Resource, replaced: Set<string>): Promise<boolean> {
  if (!resource.custom || resource.external) return false;
  if (replaced.has(providerUrn(resource) ?? "")) return true;
  if (resource.deletedWith && replaced.has(resource.deletedWith)) return true;
  if (resource.replaceWith?.some((urn) => replaced.has(urn))) return true;
  const inputs: Properties = { ...resource.inputs };
  let affected = false;
  for (const [key, urns] of Object.entries(resource.propertyDependencies ?? {})) {
    if (!(key in inputs) || !(urns ?? []).some((urn) => replaced.has(urn))) continue;
    inputs[key] = unknownValue;
    affected = true;
  }
  if (!affected) return false;
  const operator = await deployment.registry.operator(resource.type, resource.provider);
  const diff = await diffResource(operator, resource, inputs, resource.ignoreChanges ?? []);
  return replaces(applyReplaceOnChanges(diff, resource.replaceOnChanges ?? []));
}
