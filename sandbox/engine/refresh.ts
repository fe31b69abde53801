import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "./deployment.ts";
import { compareInputs } from "./diff.ts";
import { shuttingDown } from "./grpc.ts";
import { ignoreChanges } from "./paths.ts";
import type { Resource } from "./state.ts";
import { perform } from "./steps.ts";
import { isDefaultProvider, isProviderType } from "./urn.ts";

/** Brings the state to what the providers say there is, for the resources `picks` picks. */
export async function refresh(
  deployment: Deployment,
  picks: (resource: Resource) => boolean,
  { counted }: { counted: boolean },
): Promise<void> {
  const gone = new Set<string>();
  const all = deployment.snapshot.remaining();
  const chosen = all.filter(
    (resource) => !resource.pendingReplacement && !isDefaultProvider(resource.urn) && picks(resource),
  );
  const results = await Promise.allSettled(
    chosen.map(async (resource) => {
      const now = await refreshOne(deployment, resource, counted);
      if (!now && !resource.delete) gone.add(resource.urn);
    }),
  );
  if (results.some((result) => result.status === "rejected")) throw shuttingDown();
  dropReferences(deployment, gone);
}

async function refreshOne(deployment: Deployment, old: Resource, counted: boolean): Promise<Resource | undefined> {
  const result = { op: "same" };
  // Components and providers have nothing to look up: they only show that they are as they were.
  const operator =
    old.custom && !isProviderType(old.type) ? await deployment.registry.operator(old.type, old.provider) : undefined;
  return perform(
    deployment,
    { op: "refresh", urn: old.urn, old, uncounted: true },
    undefined,
    async () => {
      if (!operator) return old;
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
      if (counted) deployment.count(result.op);
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
  const kept = (urns: readonly string[] | undefined) => (urns ?? []).filter((urn) => !gone.has(urn));
  for (const resource of [...deployment.snapshot.remaining()]) {
    const { deletedWith, dependencies, propertyDependencies, ...rest } = resource;
    const left = kept(dependencies);
    const properties = Object.entries(propertyDependencies ?? {}).map(([key, urns]) => [key, kept(urns)] as const);
    const dependent = properties.filter(([, urns]) => urns.length > 0);
    deployment.snapshot.changeIfDifferent(resource, {
      ...rest,
      ...(deletedWith && !gone.has(deletedWith) && { deletedWith }),
      ...(left.length > 0 && { dependencies: left }),
      ...(dependent.length > 0 && { propertyDependencies: Object.fromEntries(dependent) }),
    });
  }
}
