/** Walks the steps: looks at each, does what is to be done, looks again. */
import { SwitchyardError } from "../../programs/errors.ts";
import { type State, type States, type StepName, standingOn, type Undone, waitsFor } from "./decide/steps.ts";
import type { Io, Step } from "./step.ts";

export interface Walked {
  readonly name: StepName;
  readonly title: string;
  readonly state: State;
  /** It was done now. */
  readonly acted: boolean;
}

export interface Walk {
  /** Look only. */
  readonly planOnly: boolean;
  readonly without: readonly StepName[];
  /** Is told of each step once its state is known, and again when something was done about it. */
  readonly show: (step: Walked, index: number) => void;
}

/** @throws SwitchyardError `update-failed` when a step is not done after it was. */
export async function walk(steps: readonly Step[], io: Io, how: Walk): Promise<readonly Walked[]> {
  const walked: Walked[] = [];
  const states: Partial<Record<StepName, State>> = {};
  for (const [index, step] of steps.entries()) {
    let state = await stateOf(step, io, how, states);
    const acts = state.kind === "to-do" && !how.planOnly;
    if (acts) {
      how.show({ name: step.name, title: step.title, state, acted: false }, index);
      await step.act(io);
      state = await step.detect(io);
      if (state.kind === "to-do") throw undone(step, state.does);
    }
    states[step.name] = state;
    const one = { name: step.name, title: step.title, state, acted: acts };
    walked.push(one);
    how.show(one, index);
  }
  return walked;
}

async function stateOf(step: Step, io: Io, { without }: Walk, states: States): Promise<State> {
  if (without.includes(step.name)) return { kind: "left-out", says: "by --without" };
  const on = waitsFor(step.name, states);
  return on.length > 0 ? { kind: "waits", on } : step.detect(io);
}

function undone({ name, title }: Step, does: readonly string[]): SwitchyardError {
  return new SwitchyardError("update-failed", {
    what: `${title}: it was done, and does not look so: ${does.join("; ")}`,
    where: `step ${name}`,
    fix: "run it again; where that does not help, look at the account",
  });
}

export interface Unmade extends Undone {
  readonly name: StepName;
}

/** Undoes the steps from the last to the first. What others that stay stand on is left as well. */
export async function unwalk(
  steps: readonly Step[],
  io: Io,
  how: Pick<Walk, "without"> & { readonly show: (step: Unmade) => void },
): Promise<readonly Unmade[]> {
  const unmade: Unmade[] = [];
  for (const step of [...steps].reverse()) {
    const needed = standingOn(step.name).filter((name) => unmade.some((one) => one.name === name && one.stands));
    const isKept = how.without.includes(step.name) || needed.length > 0;
    const result: Undone = isKept
      ? { did: [], left: [`${step.title}: ${kept(needed)}`], stands: true }
      : await step.undo(io);
    const one = { name: step.name, ...result };
    unmade.push(one);
    how.show(one);
  }
  return unmade;
}

function kept(needed: readonly StepName[]): string {
  return needed.length > 0 ? `${needed.join(", ")} ${needed.length === 1 ? "needs" : "need"} it` : "by --without";
}
