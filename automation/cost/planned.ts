/** What a plan makes of a month's cost. */
import { type EnvironmentConfig, environmentConfig, programOf, runnerConfig } from "../../programs/config.ts";
import type { PriceName } from "../../programs/cost/catalogue.ts";
import { type CostDifference, costDifference, type Estimate, estimate } from "../../programs/cost/estimate.ts";
import { type Priced, quantities } from "../../programs/cost/quantities.ts";
import type { Aws } from "../aws/clients.ts";
import type { OpenStack } from "../stacks/open.ts";
import type { Plan } from "../stacks/update.ts";
import { pricesFor } from "./prices.ts";
import { afterPlan, configuredServices, inState, standingServices } from "./resources.ts";

/** What an estimate goes by, of a stack's configuration. */
export type PricedConfig = Pick<EnvironmentConfig, "cost" | "services">;

/** Undefined for a stack whose costs nothing is known of. */
export function pricedConfig({ name, values }: Pick<OpenStack, "name" | "values">): PricedConfig | undefined {
  const program = programOf(name, values);
  if (program === "environment") return environmentConfig(name, values);
  return program === "runner" ? { cost: runnerConfig(name, values).cost, services: {} } : undefined;
}

export interface PlannedCost {
  /** Once the plan is applied. */
  readonly after: Estimate;
  readonly difference: CostDifference;
  /** Whether anything stands yet that it differs from. */
  readonly stands: boolean;
}

/**
 * @param directory Where prices are kept.
 * @throws SwitchyardError `unusable-file` for prices that cannot be read.
 */
export async function plannedCost(
  aws: Aws,
  open: OpenStack,
  planned: Plan,
  config: PricedConfig,
  { directory, anew }: { readonly directory: string; readonly anew: boolean },
): Promise<PlannedCost> {
  const { deployment } = await open.stack.exportStack();
  const standing = deployment?.resources ?? [];
  const state = inState(standing);
  const before = [...state.values(), ...standingServices(standing)];
  const after = [...afterPlan(state, planned.changes).values(), ...configuredServices(config.services)];
  const { maxMonthlyUsd: _, ...assumptions } = config.cost;
  const today = new Date().toISOString().slice(0, 10);
  const list = await pricesFor(aws, directory, pricesOf([...before, ...after], assumptions), { anew, today });
  const [was, will] = [estimate(before, list, assumptions), estimate(after, list, assumptions)];
  return { after: will, difference: costDifference(was, will), stands: standing.length > 0 };
}

function pricesOf(resources: readonly Priced[], assumptions: Parameters<typeof estimate>[2]): readonly PriceName[] {
  const names = resources.flatMap(({ type, name, inputs }) => quantities[type]?.(inputs, assumptions, name) ?? []);
  return [...new Set(names.map(({ price }) => price))].sort();
}
