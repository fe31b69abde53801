import assert from "node:assert/strict";
import type { Command, DriverPlan, Schedule } from "./schedule.ts";
import { playSchedule, type WorldReport } from "./world.ts";

const apart = 900_000;

/** One command after the other, each when the one before it is through, where v1 of web and api is live. */
export async function playInTurn(...drivers: readonly (Command | DriverPlan)[]): Promise<WorldReport> {
  const plans = drivers.map((given, i): DriverPlan => {
    const change = "command" in given ? given : { command: given };
    return { skewMs: 0, faults: [], pauses: [], ...change, startMs: i * apart };
  });
  const calm = { hands: [], handCounts: [], flaps: [], staleMs: 0, v3: "ok" as const };
  const schedule: Schedule = { seed: 1, fresh: false, services: 2, drivers: plans, ...calm };
  const report = await playSchedule(schedule);
  assert.deepEqual(report.violations, [], report.log.join("\n"));
  return report;
}

/** How each of the commands ended, and what it then called the version that serves. */
export function ends({ ended }: WorldReport): readonly string[] {
  return ended.slice(0, -1).map(({ outcome, version }) => `${outcome} ${version}`);
}
