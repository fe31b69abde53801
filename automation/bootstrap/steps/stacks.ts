/** Steps that apply a stack. */

import { isDeepStrictEqual } from "node:util";
import { keptFromDeletion } from "../../stacks/destroy.ts";
import type { StackConfig } from "../../stacks/settings.ts";
import { type StackSeen, stackState } from "../decide/judge.ts";
import { nothingToUndo, type State, type StepName, type Undone } from "../decide/steps.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io, Step } from "../step.ts";

interface StackStep {
  readonly name: StepName;
  readonly title: string;
  readonly stack: string;
  /** What its first `up` makes, in words. */
  readonly makes: string;
  /** Keys its file has to have. */
  readonly wants?: (io: Io) => StackConfig | Promise<StackConfig>;
  /** Why it cannot be applied from here; undefined when it can. */
  readonly hindrance?: (io: Io) => Promise<State | undefined>;
}

export function stackStep({ name, title, stack, makes, wants = () => ({}), hindrance }: StackStep): Step {
  return {
    name,
    title,
    describe: () => `up ${stack}: ${makes}`,
    detect: async (io) =>
      (await hindrance?.(io)) ?? stackState(stack, makes, await seeStack(io, stack, await wants(io))),
    act: async (io) => {
      await write(io, stack, await wants(io));
      await io.stacks.apply(stack);
    },
    undo: (io) => undoStack(io, stack),
  };
}

export const pipeline = stackStep({
  name: "pipeline",
  title: "Pipeline stack",
  stack: "pipeline",
  makes: "image repositories, the ledger, keys, boundaries; takes the state's bucket over",
  wants: ({ wanted: { caller, stateBucket } }) => ({
    "switchyard:account": caller.account,
    "switchyard:stateBucket": stateBucket,
  }),
});

export const accounts = stackStep({
  name: "accounts",
  title: "Organization stack",
  stack: "organization",
  makes: "units, accounts, what binds them, and who logs in",
  wants: ({ wanted: { caller } }) => ({ "switchyard:account": caller.account }),
});

export async function seeStack({ stacks }: Io, stack: string, wants: StackConfig): Promise<StackSeen> {
  const [state, values] = await Promise.all([stacks.state(stack), stacks.values(stack)]);
  const toWrite = missingKeys(values, wants);
  const applied = outputsOf(state) !== undefined;
  const resources = state?.resources?.length ?? 0;
  if (!applied || toWrite.length > 0) return { resources, applied, toWrite };
  return { resources, applied, toWrite, changes: await stacks.changes(stack) };
}

function missingKeys(values: StackConfig, wants: StackConfig): readonly string[] {
  return Object.keys(wants).filter((key) => !isDeepStrictEqual(values[key], wants[key]));
}

export async function write({ stacks }: Io, stack: string, wants: StackConfig): Promise<void> {
  const keys = missingKeys(await stacks.values(stack), wants);
  if (keys.length > 0) await stacks.configure(stack, Object.fromEntries(keys.map((key) => [key, wants[key]])));
}

/** A stack that keeps something from deletion is left whole, and named. */
export async function undoStack({ stacks }: Io, stack: string): Promise<Undone> {
  const resources = (await stacks.state(stack))?.resources ?? [];
  if (resources.length === 0) return nothingToUndo;
  const kept = keptFromDeletion(resources);
  if (kept.length > 0) {
    const some = `${kept.slice(0, 3).join(", ")}${kept.length > 3 ? `, and ${kept.length - 3} more` : ""}`;
    return { did: [], left: [`the stack ${stack}, which keeps ${some} from deletion (docs/destroy.md)`], stands: true };
  }
  await stacks.destroy(stack);
  return { did: [`destroyed the stack ${stack}`], left: [], stands: false };
}
