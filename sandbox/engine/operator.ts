import type { Resource } from "./state.ts";
import type { Properties } from "./values.ts";

export interface Diff {
  readonly changes: boolean;
  readonly replaceKeys: readonly string[];
  readonly changedKeys: readonly string[];
  readonly detailed?: Record<string, { diffKind: string; inputDiff: boolean }>;
  readonly deleteBeforeReplace: boolean;
}

export interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly { property: string; reason: string }[];
}

export interface Live {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs?: Properties;
  /** The resource exists, but did not become what was asked for, because of these. */
  readonly initErrors?: readonly string[];
}

/** What the engine asks of whoever manages a resource type: a plugin, the provider registry, or a built-in. */
export interface Operator {
  check(urn: string, olds: Properties | undefined, news: Properties, seed: Uint8Array): Promise<Checked>;
  diff(old: Resource, news: Properties, ignore: readonly string[]): Promise<Diff | undefined>;
  create(resource: Resource, preview: boolean): Promise<Live>;
  update(old: Resource, resource: Resource, preview: boolean): Promise<Live>;
  delete(old: Resource): Promise<void>;
  read(resource: Resource): Promise<Live | undefined>;
  /** Told of a resource that stays as it is. */
  same?(resource: Resource): Promise<void>;
}
