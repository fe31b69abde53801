import assert from "node:assert/strict";
import type { Strategy } from "../../../automation/deploy/model.ts";
import type { Behaviour } from "../../support/world/ecs.ts";
import type { Schedule } from "../../support/world/schedule.ts";
import { playSchedule } from "../../support/world/world.ts";

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
  for (const [behaviour, strategy, skewMs, outcome, said] of cases)
    it(`${strategy.kind}, a clock ${skewMs / 60_000} min off, a version that is ${behaviour}: ${outcome}`, async () => {
      const { ended, violations, log } = await playSchedule(schedule(behaviour, strategy, skewMs));
      assert.deepEqual(violations, [], log.join("\n"));
      assert.equal(ended[0]?.outcome, outcome, log.join("\n"));
      assert.match(log.join("\n"), said);
    });
});
