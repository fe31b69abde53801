/** What the server asks of a stand-in: Pulumi's provider operations on plain values, with what its protocol adds to them. */
import type { provider } from "@pulumi/pulumi";
import type { Checked, Difference } from "./lifecycle.ts";
import type { Bag } from "./values.ts";

interface OnResource {
  readonly type: string;
  readonly name: string;
}
export interface CheckCall extends OnResource {
  readonly olds: Bag;
  readonly news: Bag;
  readonly seed?: Uint8Array;
}
export interface StateCall extends OnResource {
  readonly id: string;
  readonly state: Bag;
  readonly inputs: Bag;
}
export interface DiffCall extends OnResource {
  readonly state: Bag;
  readonly oldInputs: Bag;
  readonly news: Bag;
  readonly ignored: readonly string[];
}
export interface UpdateCall extends DiffCall {
  readonly id: string;
}

export interface StandIn extends Pick<provider.Provider, "construct"> {
  readonly version: string;
  /** Whether the engine may pass resources by reference. */
  readonly acceptsResources: boolean;
  configure(settings: Bag): void;
  check?(call: CheckCall): Checked;
  diff?(call: DiffCall): Difference;
  create?(call: StateCall, preview: boolean): Promise<{ id: string; state: Bag }>;
  read?(call: StateCall): Promise<{ state: Bag; inputs: Bag } | undefined>;
  update?(call: UpdateCall, preview: boolean): Promise<Bag>;
  delete?(call: StateCall): Promise<void>;
  invoke?(token: string, args: Bag): Promise<Bag>;
  /** Which outputs of a type are secret whatever its inputs were. */
  secretOutputs?(type: string): readonly string[];
  cancel?(): void;
}
