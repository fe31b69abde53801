/** What the policy pack costs, measured in a process of its own: Pulumi's mocks, once set, stay set. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BenchResult } from "./measure.ts";
import { type PolicyCost, rowsOf } from "./policies.ts";

export async function policies(): Promise<BenchResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "policies.ts")]);
  const cost = JSON.parse(stdout) as PolicyCost;
  return { bench: "policies", rows: rowsOf(cost), details: cost };
}
