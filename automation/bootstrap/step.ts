import type { Aws } from "../aws/clients.ts";
import type { StackConfig } from "../stacks/settings.ts";
import type { State, StepName, Undone } from "./decide/steps.ts";
import type { Wanted } from "./decide/wanted.ts";
import type { StackDeployment } from "./stack-state.ts";

/** What a step works with. */
export interface Io {
  readonly aws: Aws;
  readonly wanted: Wanted;
  readonly tell: (line: string) => void;
  readonly stacks: Stacks;
}

/** The stacks, as the commands of the same names treat them. */
export interface Stacks {
  /** Undefined for a stack that was never made; asking makes none. */
  state(stack: string): Promise<StackDeployment | undefined>;
  /** The number of resources an `up` would change. */
  changes(stack: string): Promise<number>;
  /** The same. @throws SwitchyardError where the program or a mandatory rule refuses it. */
  planned(stack: string): Promise<number>;
  apply(stack: string, how?: { readonly refresh?: boolean }): Promise<void>;
  destroy(stack: string): Promise<void>;
  /** @param provider `passphrase`, or a key as Pulumi names it. Writes the stack's file as well. */
  encryptWith(stack: string, provider: string): Promise<void>;
  /** Keys of the stack's file, which may hold values of the engine's. */
  values(stack: string): Promise<StackConfig>;
  configure(stack: string, values: StackConfig): Promise<void>;
}

export interface Step {
  readonly name: StepName;
  readonly title: string;
  /** What it does, for whoever has not run it. */
  describe(wanted: Wanted): string;
  /** Looks, and writes nothing. */
  detect(io: Io): Promise<State>;
  /** Does what is to be done. Each write stands by itself: cut short anywhere and done again, it goes on. */
  act(io: Io): Promise<void>;
  undo(io: Io): Promise<Undone>;
}
