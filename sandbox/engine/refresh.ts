import { isDeepStrictEqual } from "node:util";
import type { Deployment } from "./deployment.ts";
import { diffResource, invert } from "./diff.ts";
import { shuttingDown } from "./grpc.ts";
import type { Diff, Operator } from "./operator.ts";
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
  deployment.snapshot.beginAnew();
}

/** What the provider says of a resource, and what that is to the state: `same`, `update` or `delete`. */
interface Found {
  readonly now: Resource | undefined;
  readonly op: string;
  readonly diff?: Diff;
}

/**
 * A refresh of its own says of each resource how it ended; as a part of another operation it is only a `refresh`, whose
 * difference the events carry all the same.
 */
async function refreshOne(deployment: Deployment, old: Resource, counted: boolean): Promise<Resource | undefined> {
  const step = { op: "refresh", urn: old.urn, old, uncounted: true, logical: false };
  const found = await perform(
    deployment,
    step,
    undefined,
    () => findLive(deployment, old),
    ({ now, op }) => {
      if (counted) deployment.count(op);
      if (now && now !== old) deployment.snapshot.change(old, now);
      if (!now) deployment.snapshot.settle(old, undefined);
      return now;
    },
    ({ op, diff }) => ({ ...(counted && { op }), ...(diff && { diff }) }),
  );
  return found.now;
}

async function findLive(deployment: Deployment, old: Resource): Promise<Found> {
  // Components and providers have nothing to look up: they only show that they are as they were.
  if (!old.custom || isProviderType(old.type)) return { now: old, op: "same" };
  const operator = await deployment.registry.operator(old.type, old.provider);
  if (!operator) return { now: old, op: "same" };
  const live = await operator.read(old);
  if (!live) return { now: undefined, op: "delete" };
  const { initErrors, ...healthy } = old;
  const { id, outputs, inputs } = live;
  const read: Resource = { ...healthy, id, outputs, ...(inputs && { inputs }) };
  const kept = isDeepStrictEqual(read.outputs, old.outputs) && isDeepStrictEqual(read.inputs, old.inputs);
  const modified = kept ? read : { ...read, modified: new Date().toISOString() };
  const now = isDeepStrictEqual(modified, old) ? old : modified;
  // Of what the program does not manage there are no inputs to compare with.
  if (old.external) return { now, op: isDeepStrictEqual(now.outputs, old.outputs) ? "same" : "update" };
  const diff = await difference(operator, old, now);
  return { now, op: diff.changes ? "update" : "same", diff };
}

/** What an update back to the old inputs would change, told the other way round: from what was to what is. */
async function difference(operator: Operator, old: Resource, now: Resource): Promise<Diff> {
  const back = await diffResource(operator, now, old.inputs ?? {}, old.ignoreChanges ?? []);
  return invert(back);
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
