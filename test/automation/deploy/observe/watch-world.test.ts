import assert from "node:assert/strict";
import type { Strategy } from "../../../../automation/deploy/decide/goal.ts";
import type { Behaviour } from "../../../support/world/ecs.ts";
import type { Schedule } from "../../../support/world/schedule.ts";
import { playSchedule } from "../../../support/world/world.ts";

/** Nine of the simulated world's CloudWatch periods. */
const canary: Strategy = { kind: "canary", percent: 10, bakeMs: 2_700_000 };
/** Each step is shorter than a period: only together they hold some. */
const linear: Strategy = { kind: "linear", stepPercent: 5, everyMs: 240_000 };

function schedule(v3: Behaviour, strategy: Strategy, skewMs: number): Schedule {
  const command = { kind: "deploy", version: "v3", strategy, approval: false } as const;
  const calm = { hands: [], handCounts: [], flaps: [], staleMs: 0, lagMs: 20_000 };
  const drivers = [{ command, startMs: 0, skewMs, faults: [], pauses: [] }];
  return { seed: 7, fresh: false, services: 2, drivers, v3, ...calm };
}

describe("the watch in a simulated world", function () {
  this.timeout(60_000);
  const cases: [Behaviour, Strategy, number, string, RegExp][] = [
    ["ok", canary, 0, "succeeded", /deploy ended: succeeded/],
    ["ok", linear, 300_000, "succeeded", /deploy ended: succeeded/],
    ["ok", canary, -300_000, "succeeded", /deploy ended: succeeded/],
    ["errors", canary, 0, "failed", /deploy ended: failed/],
    ["errors", linear, 300_000, "failed", /deploy ended: failed/],
    ["slow", canary, -300_000, "failed", /deploy ended: failed/],
  ];
  const atOnce: Strategy = { kind: "all-at-once" };
  /** Too short for a whole period of figures. */
  const short: Strategy = { kind: "canary", percent: 10, bakeMs: 200_000 };
  const late: [string, Behaviour, Strategy, { finalBakeMs?: number; alarmAtMs?: number }, string][] = [
    ["an alarm after 100%", "ok", atOnce, { alarmAtMs: 400_000 }, "succeeded"],
    ["an alarm after 100%, watched", "ok", atOnce, { alarmAtMs: 400_000, finalBakeMs: 600_000 }, "failed"],
    ["nothing wrong, watched", "ok", atOnce, { finalBakeMs: 600_000 }, "succeeded"],
    ["errors that show late", "errors", short, {}, "succeeded"],
    ["errors that show late, watched", "errors", short, { finalBakeMs: 900_000 }, "failed"],
  ];
  for (const [name, behaviour, strategy, { alarmAtMs, finalBakeMs = 0 }, outcome] of late)
    it(`after all of the traffic has moved: ${name}: ${outcome}`, async () => {
      const given = schedule(behaviour, strategy, 0);
      const [driver] = given.drivers;
      assert.ok(driver?.command.kind === "deploy");
      const drivers = [{ ...driver, command: { ...driver.command, finalBakeMs } }];
      const { ended, violations, log } = await playSchedule({ ...given, drivers, ...(alarmAtMs && { alarmAtMs }) });
      assert.deepEqual(violations, [], log.join("\n"));
      assert.equal(ended[0]?.outcome, outcome, log.join("\n"));
      const returned = log.some((line) => /production blue 100 green 0/.test(line));
      assert.equal(returned, outcome === "failed", log.join("\n"));
    });
  for (const [behaviour, strategy, skewMs, outcome, said] of cases)
    it(`${strategy.kind}, a clock ${skewMs / 60_000} min off, a version that is ${behaviour}: ${outcome}`, async () => {
      const { ended, violations, log } = await playSchedule(schedule(behaviour, strategy, skewMs));
      assert.deepEqual(violations, [], log.join("\n"));
      assert.equal(ended[0]?.outcome, outcome, log.join("\n"));
      assert.match(log.join("\n"), said);
    });
});
