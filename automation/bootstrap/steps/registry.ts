import { type RegistrySeen, registryHindrance, registryKeys } from "../decide/registry.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io } from "../step.ts";
import { stackStep } from "./stacks.ts";

export const registry = stackStep({
  name: "registry",
  title: "Public registry",
  stack: "registry",
  makes: "repositories of public images, in an account of their own",
  wants: async (io) => registryKeys(await seeRegistry(io)),
  hindrance: async (io) => registryHindrance(await seeRegistry(io)),
});

async function seeRegistry({ stacks, wanted: { registry } }: Io): Promise<RegistrySeen> {
  const [organization, own] = await Promise.all([stacks.state("organization"), stacks.state("registry")]);
  const accountIds = (outputsOf(organization)?.["accountIds"] ?? {}) as Readonly<Record<string, string>>;
  return { applied: outputsOf(own) !== undefined, ...registry, accountIds };
}
