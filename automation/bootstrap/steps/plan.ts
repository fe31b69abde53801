/** The first plan of what will be deployed: whatever is missing for it shows here. */
import { SwitchyardError } from "../../../programs/errors.ts";
import { nothingToUndo, type State } from "../decide/steps.ts";
import type { Io, Step } from "../step.ts";

export const plan: Step = {
  name: "plan",
  title: "First plan",
  describe: ({ github }) => `plan ${environmentsOf(github).join(", ")}`,
  detect: async (io) => planned(io, environmentsOf(io.wanted.github)),
  act: async () => undefined,
  undo: async () => nothingToUndo,
};

function environmentsOf(github: Io["wanted"]["github"]): readonly string[] {
  return github?.stacks ?? ["production"];
}

async function planned({ stacks }: Io, names: readonly string[]): Promise<State> {
  const said: string[] = [];
  for (const name of names)
    try {
      said.push(`${name}: ${await stacks.planned(name)} changes`);
    } catch (error) {
      if (!(error instanceof SwitchyardError)) throw error;
      const fix = `\`switchyard plan ${name}\` says it in full`;
      return { kind: "by-hand", required: false, says: `${name}: ${error.what}`, steps: [error.fix, fix] };
    }
  return { kind: "done", says: `${said.join(", ")}; \`switchyard deploy ${names[0]} --tag <tag>\` makes them` };
}
