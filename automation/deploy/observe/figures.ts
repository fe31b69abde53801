import type { GetMetricDataCommandInput, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { type Colour, colours } from "../../../programs/release.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Figures } from "../decide/model.ts";
import { chunks } from "./health.ts";
import type { EnvironmentShape } from "./shape.ts";

/** Load balancers report by the minute ("CloudWatch metrics for your Application Load Balancer"). */
export const periodSeconds = 60;
/** GetMetricData answers at most this many queries at once (its API reference). */
const queriesPerCall = 500;
/** Weights written take a moment to reach every load balancer node: traffic before that is not judged by them. */
const settleMs = 15_000;
const shortestSettleMs = 500;
/** Periods after its end in which a period's counts may still grow: the metrics of one target group come later than another's. */
const latePeriods = 2;
/** A longer window would hide what began in its last minutes, in its own average. */
const longestPeriods = 15;
/** Asked this many times in a period: nothing changes in between, and each metric asked for is paid for. */
const looksPerPeriod = 4;

const metrics = {
  requests: { MetricName: "RequestCount", Stat: "Sum" },
  errors: { MetricName: "HTTPCode_Target_5XX_Count", Stat: "Sum" },
  seconds: { MetricName: "TargetResponseTime", Stat: "Average" },
  unhealthy: { MetricName: "UnHealthyHostCount", Stat: "Minimum" },
} as const;
type Metric = keyof typeof metrics;

/** A metric of a target group, and the statistic asked for. */
export interface Wanted {
  readonly MetricName: string;
  readonly Stat: string;
}

/** One metric's values by the beginning of their period, in milliseconds since the epoch. */
export type Points = ReadonlyMap<number, number>;

export interface WatchedShift {
  readonly services: readonly string[];
  /** When the services had their first share, in milliseconds since the epoch. */
  readonly since: number;
  /** When their present share was written, in milliseconds since the epoch. */
  readonly at: number;
}

export type Traffic = Readonly<Record<string, Readonly<Record<Colour, Figures>>>>;

/** What the load balancer counted of each colour under shift, asked for in one batch and no more often than it changes. */
export class TrafficFigures {
  readonly #aws: Aws;
  readonly #now: () => number;
  readonly #periodMs: number;
  readonly #settleMs: number;
  #last: { readonly key: string; readonly at: number; readonly traffic: Traffic } | undefined;

  /** @param pace Scales a period: the sandbox's minutes are shorter. */
  constructor(aws: Aws, now: () => number, pace: number) {
    this.#aws = aws;
    this.#now = now;
    this.#periodMs = periodSeconds * 1000 * pace;
    this.#settleMs = Math.max(settleMs * pace, shortestSettleMs);
  }

  async read(shape: EnvironmentShape, shift: WatchedShift): Promise<Traffic> {
    const key = JSON.stringify([shift.services, shift.since, shift.at]);
    const now = this.#now();
    const last = this.#last;
    if (last?.key === key && now - last.at < this.#periodMs / looksPerPeriod) return last.traffic;
    const skew = this.#aws.clockSkewMs ?? 0;
    const settled = (at: number) => at - skew + this.#settleMs;
    const theirs = { services: shift.services, since: settled(shift.since), at: settled(shift.at) };
    const traffic = await this.#ask(shape, theirs, now - skew);
    this.#last = { key, at: now, traffic };
    return traffic;
  }

  /** All times are AWS's, like everything CloudWatch answers. */
  async #ask(shape: EnvironmentShape, shift: WatchedShift, now: number): Promise<Traffic> {
    const window = wholePeriods(shift.since, now, this.#periodMs);
    if (!window) return {};
    const groups = shift.services.flatMap((service) =>
      colours.map((colour) => ({ service, colour, arn: shape.services[service]?.[colour].targetGroupArn ?? "" })),
    );
    const points = await metricPoints(this.#aws, shape.listenerArn, groups, window);
    const judged = { from: shift.at, to: now - latePeriods * this.#periodMs, periodMs: this.#periodMs };
    const traffic: Record<string, Record<Colour, Figures>> = {};
    for (const service of shift.services) {
      const of = (colour: Colour) =>
        figuresOf((metric) => points.get(`${service}/${colour}/${metric}`) ?? new Map(), judged);
      traffic[service] = { blue: of("blue"), green: of("green") };
    }
    return traffic;
  }
}

interface Window {
  readonly StartTime: Date;
  readonly EndTime: Date;
}

/** The whole periods that began after `from` and are over; undefined when there is none. */
export function wholePeriods(from: number, now: number, periodMs: number): Window | undefined {
  const end = Math.floor(now / periodMs) * periodMs;
  const start = Math.max(Math.ceil(from / periodMs) * periodMs, end - longestPeriods * periodMs);
  return start < end ? { StartTime: new Date(start), EndTime: new Date(end) } : undefined;
}

/** One colour's figures; a share is judged by periods that lie between `from` and `to`. */
export function figuresOf(
  points: (metric: Metric) => Points,
  { from, to, periodMs }: { readonly from: number; readonly to: number; readonly periodMs: number },
): Figures {
  const counts = [...points("requests")].filter(([, count]) => count > 0);
  const settled = counts.filter(([at]) => at >= from && at + periodMs <= to);
  const requests = sum(counts.map(([, count]) => count));
  const seconds = points("seconds");
  const latency = weightedMedian(
    counts.flatMap(([at, count]) => {
      const mean = seconds.get(at);
      return mean === undefined ? [] : [{ value: mean * 1000, weight: count }];
    }),
  );
  const hosts = [...points("unhealthy")].sort(([a], [b]) => a - b);
  return {
    requests,
    settled: sum(settled.map(([, count]) => count)),
    errors: Math.min(requests, sum([...points("errors").values()])),
    periods: counts.length,
    ...(latency !== undefined && { latencyMs: Math.round(latency * 10) / 10 }),
    unhealthy: hosts.at(-1)?.[1] ?? 0,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The least value that at least half of the weight does not exceed: one bad period among several does not move it. */
function weightedMedian(values: readonly { readonly value: number; readonly weight: number }[]): number | undefined {
  const half = sum(values.map((v) => v.weight)) / 2;
  let seen = 0;
  for (const { value, weight } of [...values].sort((a, b) => a.value - b.value)) {
    seen += weight;
    if (seen >= half) return value;
  }
  return undefined;
}

export interface Group {
  readonly service: string;
  readonly colour: Colour;
  readonly arn: string;
}

/** Every metric of every group, by `<service>/<colour>/<metric>`: one call for each five hundred, and its further pages. */
export async function metricPoints(
  aws: Aws,
  listenerArn: string,
  groups: readonly Group[],
  window: Window,
  wanted: Readonly<Record<string, Wanted>> = metrics,
): Promise<ReadonlyMap<string, Points>> {
  const asked = groups.flatMap(({ service, colour, arn }) =>
    Object.entries(wanted).map(([metric, of]) => ({ key: `${service}/${colour}/${metric}`, of, arn })),
  );
  const keys = new Map(asked.map(({ key }, i) => [`q${i}`, key]));
  const queries = asked.map(({ of, arn }, i) => queryOf(`q${i}`, of, listenerArn, arn));
  const found = new Map<string, Map<number, number>>();
  const calls = chunks(queries, queriesPerCall).map((MetricDataQueries) =>
    pages(aws, { ...window, MetricDataQueries }, (id, at, value) => {
      const key = keys.get(id) ?? id;
      const points = found.get(key) ?? new Map();
      found.set(key, points.set(at, value));
    }),
  );
  await Promise.all(calls);
  return found;
}

async function pages(
  aws: Aws,
  input: GetMetricDataCommandInput,
  put: (id: string, at: number, value: number) => void,
): Promise<void> {
  const { GetMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
  const cloudwatch = await aws.client("alarms");
  let NextToken: string | undefined;
  do {
    const answer = await cloudwatch.send(new GetMetricDataCommand({ ...input, ...(NextToken && { NextToken }) }));
    for (const { Id = "", Timestamps = [], Values = [], StatusCode } of answer.MetricDataResults ?? []) {
      if (StatusCode === "InternalError" || StatusCode === "Forbidden")
        throw Object.assign(new Error("CloudWatch left a metric out of its answer"), { name: StatusCode });
      Timestamps.forEach((at, i) => void put(Id, at.getTime(), Values[i] ?? 0));
    }
    NextToken = answer.NextToken;
  } while (NextToken);
}

function queryOf(
  Id: string,
  { MetricName, Stat }: Wanted,
  listenerArn: string,
  targetGroupArn: string,
): MetricDataQuery {
  const Dimensions = [
    { Name: "LoadBalancer", Value: loadBalancerOf(listenerArn) },
    { Name: "TargetGroup", Value: targetGroupArn.slice(targetGroupArn.lastIndexOf(":") + 1) },
  ];
  const Metric = { Namespace: "AWS/ApplicationELB", MetricName, Dimensions };
  return { Id, MetricStat: { Metric, Period: periodSeconds, Stat } };
}

/** `app/<name>/<id>` of `…:listener/app/<name>/<id>/<listener id>`. */
export function loadBalancerOf(listenerArn: string): string {
  return listenerArn
    .slice(listenerArn.lastIndexOf(":") + 1)
    .split("/")
    .slice(1, 4)
    .join("/");
}

/** Asks for one minute of one service's figures, to learn whether they may be read. */
export async function tryFigures(aws: Aws, shape: EnvironmentShape, now: number): Promise<void> {
  const [first] = Object.entries(shape.services);
  if (!first) return;
  const group: Group = { service: first[0], colour: "blue", arn: first[1].blue.targetGroupArn };
  const StartTime = new Date(now - periodSeconds * 1000);
  await metricPoints(aws, shape.listenerArn, [group], { StartTime, EndTime: new Date(now) });
}
