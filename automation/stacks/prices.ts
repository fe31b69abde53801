import { existsSync } from "node:fs";
import { type ConfigValues, environmentConfig, programOf, runnerConfig } from "../../programs/config.ts";
import type { Aws } from "../aws/clients.ts";
import { allPrices, priceFile, pricesFor } from "../cost/prices.ts";
import { projectRoot } from "../surroundings.ts";

interface Of {
  readonly name: string;
  readonly values: ConfigValues;
  readonly region: string;
  /** Where prices are kept. */
  readonly directory: string;
}

/**
 * Where a stack has a maximum for its month and nobody has kept any prices yet, reads them from AWS: the policy pack, which
 * holds it to the maximum, asks nobody. Who may not read prices meets what the pack says of them being absent.
 */
export async function readPricesOnce(
  { name, values, region, directory }: Of,
  connect: () => Aws & { close(): void },
): Promise<void> {
  const { maximum, instanceClass } = maximumOf(name, values);
  if (maximum === undefined || [directory, projectRoot].some((one) => existsSync(priceFile(one, region)))) return;
  const aws = connect();
  try {
    const today = new Date().toISOString().slice(0, 10);
    await pricesFor(aws, directory, allPrices(instanceClass), { anew: false, today });
  } catch {
    // Said by the pack, with what to do.
  } finally {
    aws.close();
  }
}

function maximumOf(
  name: string,
  values: ConfigValues,
): { readonly maximum?: number | undefined; readonly instanceClass?: string } {
  const program = programOf(name, values);
  if (program === "runner") return { maximum: runnerConfig(name, values).cost.maxMonthlyUsd };
  if (program !== "environment") return {};
  const { cost, database } = environmentConfig(name, values);
  return { maximum: cost.maxMonthlyUsd, instanceClass: database.instanceClass };
}
