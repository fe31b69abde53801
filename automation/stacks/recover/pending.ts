import { isDeepStrictEqual } from "node:util";

/** A resource's properties, as an exported state has them. */
export type Bag = Readonly<Record<string, unknown>>;

/** A resource in an exported state; what is not named here is passed on as it is. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly inputs?: Bag;
  readonly outputs?: Bag;
  readonly delete?: boolean;
}

/** What an interrupted update had begun: Pulumi writes it down before it asks a provider. */
export interface PendingOperation {
  readonly type: string;
  readonly resource: StateResource;
}

export interface StackState {
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly PendingOperation[];
}

export interface Settled {
  readonly state: StackState;
  /** Resources to be read from the account: they were found, or were in the midst of a change. */
  readonly refresh: readonly string[];
  /** What was being made and was not found: it is made anew. */
  readonly cleared: readonly StateResource[];
}

/** Creations that may have reached AWS. A provider is only configured: there is nothing to find. */
export function creations({ pending_operations = [] }: StackState): readonly StateResource[] {
  return pending_operations
    .filter(({ type, resource }) => type === "creating" && resource.custom && !resource.type.startsWith("pulumi:"))
    .map(({ resource }) => resource);
}

/** Resources taken into the state that were not read yet: they have nothing but what they were asked to be. */
export function unread({ resources = [] }: StackState): readonly StateResource[] {
  return resources.filter(
    ({ custom, type, id, inputs = {}, outputs = {} }) =>
      custom &&
      id !== undefined &&
      !type.startsWith("pulumi:") &&
      Object.keys(inputs).length > 0 &&
      isDeepStrictEqual(inputs, outputs),
  );
}

/**
 * The state without pending operations. Things that were being made and were found (id by URN) are in it, with what they
 * were asked to be; a refresh then reads what they are. One that was to replace another takes its place, and the other
 * waits for its deletion, as Pulumi itself has it.
 */
export function settle(state: StackState, found: ReadonlyMap<string, string>): Settled {
  const { pending_operations = [], ...rest } = state;
  const resources = [...(state.resources ?? [])];
  const refresh = new Set(unread(state).map(({ urn }) => urn));
  const cleared: StateResource[] = [];
  const made = new Set(creations(state));
  for (const { type, resource } of pending_operations) {
    const { urn } = resource;
    if (type === "updating" || type === "deleting" || type === "importing") {
      if (resources.some((one) => one.urn === urn)) refresh.add(urn);
      continue;
    }
    if (!made.has(resource)) continue;
    const id = found.get(urn);
    if (id === undefined) {
      cleared.push(resource);
      continue;
    }
    refresh.add(urn);
    if (resources.some((one) => one.urn === urn && one.id === id)) continue;
    const now = { ...resource, id, outputs: { ...resource.inputs } };
    const at = resources.findIndex((one) => one.urn === urn && one.delete !== true);
    const old = resources[at];
    if (old === undefined) resources.push(now);
    else resources.splice(at, 1, now, { ...old, delete: true });
  }
  return { state: { ...rest, resources }, refresh: [...refresh], cleared };
}
