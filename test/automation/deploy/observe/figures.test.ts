import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import {
  figuresOf,
  loadBalancerOf,
  TrafficFigures,
  wholePeriods,
} from "../../../../automation/deploy/observe/figures.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { shapeWith } from "../fixtures.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 5, 9);
const at = (...values: (number | undefined)[]) =>
  new Map(values.flatMap((v, i) => (v === undefined ? [] : [[start + i * minute, v] as const])));

describe("one colour's figures", () => {
  const judged = { from: start, to: start + 4 * minute, periodMs: minute };
  const series: Record<string, ReadonlyMap<number, number>> = {
    requests: at(100, 100, 100, 0, 60),
    errors: at(undefined, 2, undefined, undefined, 1),
    seconds: at(0.02, 9, 0.03, undefined, 0.025),
    unhealthy: at(1, 1, 0, 0, 0),
  };
  it("add up counts, and take the median of the periods' latencies", () => {
    const found = figuresOf((metric) => series[metric] ?? new Map(), judged);
    assert.deepEqual(found, { requests: 360, settled: 300, errors: 3, periods: 4, latencyMs: 30, unhealthy: 0 });
  });
  it("judge shares by periods since the last shift that are over for a while", () => {
    const settled = (from: number, to: number) =>
      figuresOf((metric) => series[metric] ?? new Map(), { ...judged, from, to }).settled;
    assert.equal(settled(start + 1, start + 9 * minute), 260);
    assert.equal(settled(start, start + minute), 100);
  });
  it("are empty where nothing was counted, and never hold more errors than requests", () => {
    assert.deepEqual(
      figuresOf(() => new Map(), judged),
      { requests: 0, settled: 0, errors: 0, periods: 0, unhealthy: 0 },
    );
    const late = figuresOf((metric) => (metric === "errors" ? at(5) : new Map()), judged);
    assert.equal(late.errors, 0);
  });
});

describe("the window of the watch", () => {
  const window = (from: number, now: number) => {
    const found = wholePeriods(from, now, minute);
    return found && [(found.StartTime.getTime() - start) / minute, (found.EndTime.getTime() - start) / minute];
  };
  it("holds whole periods only", () => {
    assert.deepEqual(window(start + 1, start + 3.5 * minute), [1, 3]);
    assert.deepEqual(window(start, start + minute), [0, 1]);
    assert.equal(window(start + 1, start + 1.9 * minute), undefined);
  });
  it("reaches back a quarter of an hour at most", () => assert.deepEqual(window(start, start + 40 * minute), [25, 40]));
});

describe("asking CloudWatch", () => {
  const listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/prod/50dc/f2f7";
  const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
  const shape = environmentShape("production", shapeWith(names, { listenerArn: listener }));

  function cloudwatch(): { aws: Aws; asked: { MetricDataQueries: unknown[]; NextToken?: string }[] } {
    const asked: { MetricDataQueries: unknown[]; NextToken?: string }[] = [];
    const send = async ({ input }: { input: (typeof asked)[number] }) => {
      asked.push(input);
      const more = input.NextToken === undefined;
      const Timestamps = [new Date(start + (more ? 1 : 2) * minute)];
      return {
        MetricDataResults: [{ Id: "q0", Timestamps, Values: [more ? 7 : 5] }],
        ...(more && { NextToken: "more" }),
      };
    };
    return { asked, aws: { client: async () => ({ send }) } as unknown as Aws };
  }

  it("is one batch of all services under shift, read to its last page", async () => {
    const { aws, asked } = cloudwatch();
    const figures = new TrafficFigures(aws, () => start + 5 * minute, 1);
    const found = await figures.read(shape, { services: names, since: start, at: start });
    assert.equal(asked.length, 2);
    assert.equal(asked[0]?.MetricDataQueries.length, 320);
    assert.equal(found["s0"]?.blue.requests, 12);
    assert.equal(found["s39"]?.green.requests, 0);
    const first = asked[0]?.MetricDataQueries[0] as { MetricStat: { Metric: { Dimensions: unknown } } };
    assert.deepEqual(first.MetricStat.Metric.Dimensions, [
      { Name: "LoadBalancer", Value: "app/prod/50dc" },
      { Name: "TargetGroup", Value: "targetgroup/s0-blue/1" },
    ]);
    assert.equal(loadBalancerOf(listener), "app/prod/50dc");
  });
  it("is not repeated while nothing can have changed, but is after a further shift", async () => {
    const { aws, asked } = cloudwatch();
    let now = start + 5 * minute;
    const figures = new TrafficFigures(aws, () => now, 1);
    const shift = { services: ["s0"], since: start, at: start };
    await figures.read(shape, shift);
    now += 14_000;
    await figures.read(shape, shift);
    assert.equal(asked.length, 2);
    now += 1_000;
    await figures.read(shape, shift);
    assert.equal(asked.length, 4);
    await figures.read(shape, { ...shift, at: start + minute });
    assert.equal(asked.length, 6);
  });
  it("is left out until the first whole period after the shift is over", async () => {
    const { aws, asked } = cloudwatch();
    const figures = new TrafficFigures(aws, () => start + 1.9 * minute, 1);
    assert.deepEqual(await figures.read(shape, { services: ["s0"], since: start + 1, at: start + 1 }), {});
    assert.equal(asked.length, 0);
  });
  it("goes by AWS's clock", async () => {
    const { aws, asked } = cloudwatch();
    const slow = Object.assign(aws, { clockSkewMs: -3 * minute });
    const figures = new TrafficFigures(slow, () => start + 2 * minute, 1);
    await figures.read(shape, { services: ["s0"], since: start, at: start });
    const { StartTime, EndTime } = asked[0] as unknown as { StartTime: Date; EndTime: Date };
    assert.deepEqual([StartTime.getTime(), EndTime.getTime()], [start + 4 * minute, start + 5 * minute]);
  });
});
