import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "./deployment.ts";
import { compareInputs } from "./diff.ts";
import { shuttingDown } from "./grpc.ts";
import { ignoreChanges } from "./paths.ts";
import { needs, type Resource } from "./state.ts";
import { perform } from "./steps.ts";
import { isProviderType } from "./urn.ts";

/** Brings the state to what the providers say there is, for the resources `picks` picks. */
export async function refresh(deployment: Deployment, picks: (resource: Resource) => boolean): Promise<void> {
  const gone = new Set<string>();
  const chosen = deployment.snapshot.remaining().filter((resource) => isRefreshable(resource) && picks(resource));
  const results = await Promise.allSettled(
    chosen.map(async (resource) => {
      const now = await refreshOne(deployment, resource);
      if (!now && !resource.delete) gone.add(resource.urn);
    }),
  );
  if (results.some((result) => result.status === "rejected")) throw shuttingDown();
  dropReferences(deployment, gone);
}

function isRefreshable(resource: Resource): boolean {
  return resource.custom && !isProviderType(resource.type) && !resource.pendingReplacement;
}

async function refreshOne(deployment: Deployment, old: Resource): Promise<Resource | undefined> {
  const result = { op: "same" };
  const operator = await deployment.registry.operator(old.type, old.provider);
  return perform(
    deployment,
    { op: "refresh", urn: old.urn, old, uncounted: true },
    undefined,
    async () => {
      const live = await operator.read(old);
      if (!live) return undefined;
      const { initErrors, ...healthy } = old;
      // The live resource's inputs show drift, but for what the program says to ignore.
      const inputs = live.inputs && ignoreChanges(live.inputs, old.inputs ?? {}, old.ignoreChanges ?? []).inputs;
      const now: Resource = {
        ...healthy,
        id: live.id,
        outputs: live.outputs,
        ...(inputs && !old.external && { inputs }),
      };
      const same = isDeepStrictEqual(now, old);
      if (same) return old;
      result.op =
        isDeepStrictEqual(now.outputs, old.outputs) && isDeepStrictEqual(now.inputs, old.inputs) ? "same" : "update";
      return result.op === "update" ? { ...now, modified: new Date().toISOString() } : now;
    },
    (now) => {
      if (!now) result.op = "delete";
      deployment.count(result.op);
      if (now && now !== old) deployment.snapshot.change(old, now);
      if (!now) deployment.snapshot.settle(old, undefined);
      if (result.op === "update") {
        const { changedKeys } = compareInputs(old.outputs ?? {}, now?.outputs ?? {});
        deployment.diagnose("info", `drifted: ${changedKeys.join(", ")}`, old.urn);
      }
      return now;
    },
  );
}

/** What is gone is nobody's dependency any more. */
function dropReferences(deployment: Deployment, gone: ReadonlySet<string>): void {
  if (gone.size === 0) return;
  const kept = (urns: readonly string[] | undefined) => (urns ?? []).filter((urn) => !gone.has(urn));
  for (const resource of deployment.snapshot.remaining()) {
    if (![...needs(resource)].some((urn) => gone.has(urn))) continue;
    const { deletedWith, ...rest } = resource;
    const dependencies = Object.entries(resource.propertyDependencies ?? {});
    deployment.snapshot.change(resource, {
      ...rest,
      ...(deletedWith && !gone.has(deletedWith) && { deletedWith }),
      ...(resource.dependencies && { dependencies: kept(resource.dependencies) }),
      ...(resource.propertyDependencies && {
        propertyDependencies: Object.fromEntries(dependencies.map(([key, urns]) => [key, kept(urns)])),
      }),
    });
  }
}
