import assert from "node:assert/strict";
import fc from "fast-check";
import type { RequestRecord } from "../../../../sandbox/cloud/alb/listener.ts";
import { alarmState } from "../../../../sandbox/cloud/metrics/alarm.ts";
import { dimensionOf, samplesOf } from "../../../../sandbox/cloud/metrics/balancers.ts";
import { RequestLog } from "../../../../sandbox/cloud/metrics/requests.ts";
import { Series, statistic } from "../../../../sandbox/cloud/metrics/series.ts";

describe("metric series", () => {
  const filled = (...samples: [number, number][]) => {
    const series = new Series(100, 10_000);
    for (const [at, value] of samples) series.add(at, value);
    return series;
  };

  it("sums up buckets that begin in a half-open span of time", () => {
    const series = filled([100, 1], [150, 3], [250, 5], [300, 7]);
    const summary = series.summary(100, 300);
    assert.ok(summary);
    assert.deepEqual(
      ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "bogus"].map((name) => statistic(summary, name)),
      [3, 9, 3, 1, 5, undefined],
    );
    assert.equal(series.summary(400, 900), undefined);
  });

  it("knows percentiles within one part in a hundred", () => {
    const values = fc.array(fc.double({ min: 0.0001, max: 100, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.constantFrom(50, 90, 99, 100), (list, percent) => {
        const summary = filled(...list.map((value): [number, number] => [0, value])).summary(0, 100);
        const exact = [...list].sort((a, b) => a - b)[Math.max(1, Math.ceil((percent / 100) * list.length)) - 1] ?? 0;
        const found = (summary && statistic(summary, `p${percent}`)) ?? 0;
        assert.ok(Math.abs(found - exact) <= exact * 0.01, `${found} for ${exact}`);
      }),
    );
  });

  it("forgets what is too old", () => {
    const series = filled([0, 1], [50_000, 2]);
    assert.equal(series.summary(0, 100), undefined);
    assert.equal(series.summary(50_000, 50_100)?.count, 1);
  });
});

describe("samples of a request", () => {
  const record = (more: Partial<RequestRecord>): RequestRecord => ({
    at: 0,
    loadBalancer: "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/main/1",
    method: "GET",
    path: "/",
    status: 200,
    ms: 5,
    ...more,
  });
  const names = (more: Partial<RequestRecord>) =>
    [...new Set(samplesOf(record(more)).map(({ name, by }) => `${name} ${by.join("+")}`))].sort();
  const routed = { targetGroup: "arn:x:targetgroup/web/1", target: "127.0.0.1:1" };

  const cases: [string, Partial<RequestRecord>, string[]][] = [
    [
      "an answer of a target",
      { ...routed, targetStatus: 503, targetMs: 4, status: 503 },
      [
        "HTTPCode_Target_5XX_Count LoadBalancer",
        "HTTPCode_Target_5XX_Count LoadBalancer+TargetGroup",
        "RequestCount LoadBalancer",
        "RequestCount LoadBalancer+TargetGroup",
        "RequestCountPerTarget TargetGroup",
        "TargetResponseTime LoadBalancer",
        "TargetResponseTime LoadBalancer+TargetGroup",
      ],
    ],
    [
      "no target",
      { targetGroup: routed.targetGroup, status: 503 },
      ["HTTPCode_ELB_503_Count LoadBalancer", "HTTPCode_ELB_5XX_Count LoadBalancer", "RequestCount LoadBalancer"],
    ],
    [
      "a dead target",
      { ...routed, status: 502 },
      [
        "HTTPCode_ELB_502_Count LoadBalancer",
        "HTTPCode_ELB_5XX_Count LoadBalancer",
        "RequestCount LoadBalancer",
        "RequestCount LoadBalancer+TargetGroup",
        "RequestCountPerTarget TargetGroup",
        "TargetConnectionErrorCount LoadBalancer",
        "TargetConnectionErrorCount LoadBalancer+TargetGroup",
      ],
    ],
    ["a redirect", { status: 301 }, ["HTTPCode_ELB_3XX_Count LoadBalancer", "RequestCount LoadBalancer"]],
  ];
  for (const [name, more, expected] of cases) {
    it(`of ${name}`, () => assert.deepEqual(names(more), expected));
  }

  it("are found by the names CloudWatch uses", () => {
    assert.equal(dimensionOf(record({}).loadBalancer), "app/main/1");
    assert.equal(dimensionOf("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/2"), "targetgroup/web/2");
  });

  it("stay in the request log, the oldest first, up to its size", () => {
    const log = new RequestLog();
    for (let at = 0; at < 10_005; at++) log.add(record({ at }));
    const all = log.all();
    assert.deepEqual([all.length, all[0]?.at, all.at(-1)?.at], [10_000, 5, 10_004]);
  });
});

describe("alarm state", () => {
  const alarm = { ComparisonOperator: "GreaterThanThreshold", Threshold: 5, EvaluationPeriods: 3 } as const;
  type Values = (number | undefined)[];
  const cases: [string, object, Values, "OK" | "ALARM" | "INSUFFICIENT_DATA"][] = [
    ["all breach", {}, [6, 7, 8], "ALARM"],
    ["at the threshold is not above it", {}, [6, 5, 8], "OK"],
    ["at the threshold with OrEqual", { ComparisonOperator: "GreaterThanOrEqualToThreshold" }, [6, 5, 8], "ALARM"],
    ["below", { ComparisonOperator: "LessThanThreshold" }, [1, 2, 3], "ALARM"],
    ["two of three", { DatapointsToAlarm: 2 }, [6, 1, 8], "ALARM"],
    ["missing data is not breaching by itself", {}, [6, undefined, 8], "OK"],
    ["missing data counts as breaching", { TreatMissingData: "breaching" }, [6, undefined, 8], "ALARM"],
    ["no data", {}, [undefined, undefined, undefined], "INSUFFICIENT_DATA"],
    ["no data, not breaching", { TreatMissingData: "notBreaching" }, [undefined, undefined, undefined], "OK"],
    ["no data, breaching", { TreatMissingData: "breaching" }, [undefined, undefined, undefined], "ALARM"],
    ["no data, ignored, keeps the state", { TreatMissingData: "ignore" }, [undefined, undefined, undefined], "ALARM"],
  ];
  for (const [name, more, values, expected] of cases) {
    it(name, () => assert.equal(alarmState({ ...alarm, ...more }, values, "ALARM"), expected));
  }
});
