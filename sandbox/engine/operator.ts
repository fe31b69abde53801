import type { Checked, Diff, Live } from "./plugin.ts";
import type { Resource } from "./state.ts";
import type { Properties } from "./values.ts";

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
