/** Variables and environments of the repository on GitHub, without which its workflows are skipped. */
import { type Delivery, ownVariables, repositoryState, reviewers, settingsFor } from "../decide/repository.ts";
import { nothingToUndo } from "../decide/steps.ts";
import { gh, seeRepository } from "../gh.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io, Step } from "../step.ts";

export const repository: Step = {
  name: "repository",
  title: "Repository on GitHub",
  describe: ({ github }) => `set variables and environments of ${github?.repository ?? "no repository"}`,
  detect: async (io) => {
    const delivery = await deliveryOf(io);
    if (delivery === undefined) return { kind: "left-out", says: "there are no roles" };
    return repositoryState(delivery, await seeRepository(delivery.github.repository));
  },
  act: async (io) => {
    const delivery = await deliveryOf(io);
    if (delivery === undefined) return;
    const seen = await seeRepository(delivery.github.repository);
    for (const { what, gh: args } of typeof seen === "string" ? [] : settingsFor(delivery, seen)) {
      await gh(args);
      io.tell(`set ${what}`);
    }
    io.tell(`by hand: ${reviewers(delivery.github)}`);
  },
  undo: async (io) => {
    const delivery = await deliveryOf(io);
    if (delivery === undefined) return nothingToUndo;
    const name = delivery.github.repository;
    const seen = await seeRepository(name);
    if (typeof seen === "string")
      return {
        did: [],
        left: [`variables and environments of ${name}, if it has any: \`gh\`: ${seen}`],
        stands: false,
      };
    const own = ownVariables(delivery, seen);
    for (const variable of own) await gh(["variable", "delete", variable, "--repo", name]);
    const did = own.length === 0 ? [] : [`deleted ${own.length} variables of ${name}`];
    const environments = Object.keys(seen.environments);
    const left = environments.length === 0 ? [] : [`the environments ${environments.join(", ")} of ${name}`];
    return { did, left, stands: false };
  },
};

async function deliveryOf({ stacks, wanted }: Io): Promise<Delivery | undefined> {
  const [pipeline, registry] = await Promise.all(["pipeline", "registry"].map((name) => stacks.state(name)));
  const roleArns = outputsOf(pipeline)?.["roleArns"] as Delivery["roleArns"] | undefined;
  const pushRoleArn = outputsOf(registry)?.["pushRoleArn"] as Delivery["pushRoleArn"];
  const { github, region, backendUrl } = wanted;
  return github && roleArns && { roleArns, github, region, backendUrl, pushRoleArn };
}
