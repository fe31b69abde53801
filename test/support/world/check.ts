import assert from "node:assert/strict";
import * as fc from "fast-check";
import { schedules } from "./schedule.ts";
import { playSchedule } from "./world.ts";

/** Plays `runs` schedules; fails with the smallest one found that breaks a rule, and what happened in it. */
export async function checkSchedules(seed: number, runs: number): Promise<void> {
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const { violations, log } = await playSchedule(schedule);
    assert.deepEqual(violations, [], log.join("\n"));
  });
  await fc.assert(property, { seed, numRuns: runs });
}
