import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import type { Figures } from "../../../../automation/deploy/decide/model.ts";
import { needs } from "../../../../automation/deploy/observe/observe.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { alarmBreach, alarmStates, trafficBreach } from "../../../../automation/deploy/observe/watch.ts";
import { colour, goal, goalFor, limits, now, plan, planned, service, shapeWith } from "../fixtures.ts";

const shape = environmentShape("production", shapeWith(["web", "api"]));

function figures(requests: number, errors: number): Figures {
  return { requests, errors, settled: 0, periods: 5, latencyMs: 20, unhealthy: 0 };
}

describe("the alarms of the watch", () => {
  function cloudwatch(states: Record<string, string>): { aws: Aws; asked: string[][] } {
    const asked: string[][] = [];
    const send = async ({ input }: { input: { AlarmNames: string[]; AlarmTypes: string[] } }) => {
      asked.push(input.AlarmNames);
      const of = (kind: RegExp) =>
        input.AlarmNames.filter((name) => states[name] && kind.test(name)).map((AlarmName) => ({
          AlarmName,
          StateValue: states[AlarmName],
        }));
      const composite = input.AlarmTypes.includes("CompositeAlarm") ? of(/^all/) : [];
      return { MetricAlarms: of(/^(?!all)/), CompositeAlarms: composite };
    };
    return { asked, aws: { client: async () => ({ send }) } as unknown as Aws };
  }

  it("are read a hundred at a time, composite ones too, and missing ones are named", async () => {
    const names = Array.from({ length: 150 }, (_, i) => `a${i}`);
    const { aws, asked } = cloudwatch({ a0: "OK", "all-5xx": "ALARM" });
    const states = await alarmStates(aws, ["all-5xx", ...names]);
    assert.deepEqual(
      asked.map((a) => a.length),
      [100, 51],
    );
    assert.deepEqual(states.slice(0, 3), [
      { name: "all-5xx", state: "ALARM" },
      { name: "a0", state: "OK" },
      { name: "a1", state: "MISSING" },
    ]);
    assert.equal(await alarmBreach(aws, ["a0", "all-5xx"]), "alarm all-5xx went off");
    assert.equal(await alarmBreach(aws, ["a0"]), undefined);
    assert.equal(await alarmBreach(aws, []), undefined);
  });
});

describe("the traffic of the watch", () => {
  const services = { web: service({ green: colour() }), api: service({ green: colour() }) };
  const good = { blue: figures(900, 0), green: figures(100, 0) };
  const bad = { blue: figures(900, 0), green: figures(100, 50) };
  const plans = { web: plan, api: plan };
  it("is judged service by service", () => {
    assert.equal(trafficBreach({ web: good, api: good }, plans, 10, shape, services), undefined);
    assert.match(
      trafficBreach({ web: good, api: bad }, plans, 10, shape, services) ?? "",
      /^api green against blue: 5xx/,
    );
  });
  it("is judged by the colours of the plan", () => {
    const back = { ...plan, from: "green", to: "blue" } as const;
    assert.equal(trafficBreach({ api: bad }, { api: back }, 10, shape, services), undefined);
  });
  it("is nothing to compare in a first release", () => {
    const { from: _from, ...first } = plan;
    assert.equal(trafficBreach({ api: bad }, { api: first }, 100, shape, services), undefined);
  });
  it("does not have to follow weights where clients stick", () => {
    const sticky = structuredClone(shape);
    Object.assign(sticky.services["web"] ?? {}, { stickinessSeconds: 60 });
    const off = { blue: { ...figures(500, 0), settled: 500 }, green: { ...figures(500, 0), settled: 500 } };
    assert.match(trafficBreach({ web: off }, plans, 10, shape, services) ?? "", /does not follow the weights/);
    assert.equal(trafficBreach({ web: off }, plans, 10, sticky, services), undefined);
  });
});

describe("when the watch is asked for", () => {
  const decided = { services: ["web"], percent: 10, at: now + 5, since: now };
  const shift = { ...decided, provenAt: now + 7 };
  it("is from the first share on, until the release is recorded", () => {
    const { watch } = needs(goal(), planned({ shift }));
    assert.deepEqual(watch, { ...decided, at: now + 7, plan: { web: plan } });
    assert.equal(needs(goal(), planned()).watch, false);
    assert.equal(needs(goal(), planned({ shift, recorded: true })).watch, false);
    assert.equal(needs(goal(), planned({ shift, undo: "x" })).watch, false);
  });
  it("counts no request towards a share that is not proven yet", () => {
    const { watch } = needs(goal(), planned({ shift: decided }));
    assert.ok(watch);
    assert.equal(watch.at, Number.POSITIVE_INFINITY);
  });
  it("begins with the last shift where there was none before", () => {
    const { since: _since, ...only } = shift;
    const { watch } = needs(goal(), planned({ shift: only }));
    assert.ok(watch);
    assert.equal(watch.since, now + 5);
  });
  it("is for all services, from the first share on, while all of the traffic is watched", () => {
    const services = ["web", "api"].map((name, order) => ({ name, order, desiredCount: 2 }));
    const baking = goal({ services, limits: { ...limits, finalBakeMs: 1 } });
    const last = { services: ["api"], percent: 100, at: now + 5, since: now + 3, provenAt: now + 7 };
    const both = { shift: last, firstShareAt: now, plan: { web: plan, api: plan } };
    const watched = (given: Parameters<typeof planned>[0], asked = baking) => {
      const { watch } = needs(asked, planned(given));
      assert.ok(watch);
      return [watch.services, watch.since];
    };
    assert.deepEqual(watched(both), [["web", "api"], now]);
    assert.deepEqual(watched({ ...both, shift: { ...last, percent: 10 } }), [["api"], now + 3]);
    assert.deepEqual(watched({ ...both, shift: { ...last, services: ["web"] } }), [["web"], now + 3]);
    assert.deepEqual(watched(both, goal({ services })), [["api"], now + 3]);
  });
  it("is not for a way back, to the other colour or to a recorded release", () => {
    assert.equal(needs(goalFor("rollback"), planned({ shift })).watch, false);
    assert.equal(needs(goal({ migrations: [] }), planned({ shift })).watch, false);
  });

  it("is of alarms alone before any traffic moves, for what is proven and no way back", () => {
    const proved = planned({ started: true, proved: true });
    assert.equal(needs(goal(), proved).alarms, true);
    for (const given of [{}, { proved: true, shift }, { proved: true, undo: "x" }, { proved: true, recorded: true }])
      assert.equal(needs(goal(), planned(given)).alarms, false, JSON.stringify(given));
    assert.equal(needs(goalFor("rollback"), proved).alarms, false);
  });
});
