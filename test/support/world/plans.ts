import assert from "node:assert/strict";
import type { Strategy } from "../../../automation/deploy/decide/goal.ts";
import type { Command, DriverPlan, Schedule } from "./schedule.ts";
import { playSchedule, type WorldReport } from "./world.ts";

const canary: Strategy = { kind: "canary", percent: 10, bakeMs: 600_000 };
/** A canary of v2 unless told otherwise. */
export const deploy = (change: Partial<Extract<Command, { kind: "deploy" }>> = {}): Command => ({
  ...{ kind: "deploy", version: "v2", strategy: canary, approval: false },
  ...change,
});

/** A command begun at once, where nothing goes wrong. */
export function plan(command: Command, change: Partial<DriverPlan> = {}): DriverPlan {
  return { command, startMs: 0, skewMs: 0, faults: [], pauses: [], ...change };
}

/** Plays drivers in the simulated world where nothing else goes wrong, on one service of which v1 is live. */
export async function play(...drivers: readonly DriverPlan[]): Promise<WorldReport> {
  const calm = { hands: [], handCounts: [], flaps: [], staleMs: 0, v3: "ok" as const };
  const schedule: Schedule = { seed: 1, fresh: false, services: 1, drivers, ...calm };
  const report = await playSchedule(schedule);
  assert.deepEqual(report.violations, [], report.log.join("\n"));
  return report;
}

/** How the first command of a kind ended. */
export function endOf(
  { ended }: WorldReport,
  command: Command["kind"],
): { outcome: string; version?: string } | undefined {
  const found = ended.find((e) => e.command === command);
  return found && { outcome: found.outcome, ...(found.version !== undefined && { version: found.version }) };
}

/** The first call a deploy makes after this line of its log, told by playing it once to its end. */
export async function callAt(command: Command, line: RegExp): Promise<number> {
  for (let call = 40; call < 200; call += 10) {
    const { log } = await play(plan(command, { kill: { call, when: "before" } }));
    const before = log.slice(
      0,
      log.findIndex((l) => l.includes("calm: ")),
    );
    if (before.some((l) => line.test(l))) return call;
  }
  return assert.fail(`no ${line} before call 200`);
}
