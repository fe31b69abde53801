/** The last minute of every colour, as the load balancer counted it. */
import { colours } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import {
  type Group,
  metricPoints,
  type Points,
  periodSeconds,
  type Wanted,
  wholePeriods,
} from "../deploy/observe/figures.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";

/** CloudWatch's figures come by the minute, and up to some minutes late: the newest of these is shown. */
const periodsAsked = 5;

export const minuteMetrics = {
  requests: { MetricName: "RequestCount", Stat: "Sum" },
  errors: { MetricName: "HTTPCode_Target_5XX_Count", Stat: "Sum" },
  p50: { MetricName: "TargetResponseTime", Stat: "p50" },
  p99: { MetricName: "TargetResponseTime", Stat: "p99" },
} as const satisfies Record<string, Wanted>;

export interface Minute {
  readonly requests: number;
  readonly errors: number;
  /** Milliseconds; absent without requests. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface LastMinute {
  /** When it began, in milliseconds since the epoch; absent where nothing was counted. */
  readonly at?: number;
  /** By `<service>/<colour>`; what is not there had no request. */
  readonly of: Readonly<Record<string, Minute>>;
}

/** The newest period in which any colour had a request. */
export function lastMinute(points: ReadonlyMap<string, Points>): LastMinute {
  const counted = [...points].filter(([key]) => key.endsWith("/requests"));
  const times = counted.flatMap(([, at]) => [...at].flatMap(([time, count]) => (count > 0 ? [time] : [])));
  if (times.length === 0) return { of: {} };
  const at = Math.max(...times);
  const of: Record<string, Minute> = {};
  for (const [key, values] of counted) {
    const side = key.slice(0, -"/requests".length);
    const requests = values.get(at) ?? 0;
    if (requests === 0) continue;
    const value = (metric: keyof typeof minuteMetrics) => points.get(`${side}/${metric}`)?.get(at);
    const [p50, p99] = [value("p50"), value("p99")];
    of[side] = {
      requests,
      errors: value("errors") ?? 0,
      ...(p50 !== undefined && { p50Ms: Math.round(p50 * 1000) }),
      ...(p99 !== undefined && { p99Ms: Math.round(p99 * 1000) }),
    };
  }
  return { at, of };
}

/** @param pace Scales a minute: the sandbox's are shorter. */
export async function readLastMinute(
  aws: Aws,
  shape: EnvironmentShape,
  now: number,
  pace: number,
): Promise<LastMinute> {
  const periodMs = periodSeconds * 1000 * pace;
  const theirs = now - (aws.clockSkewMs ?? 0);
  const window = wholePeriods(theirs - (periodsAsked + 1) * periodMs, theirs, periodMs);
  if (window === undefined) return { of: {} };
  const groups: Group[] = Object.entries(shape.services).flatMap(([service, each]) =>
    colours.map((colour) => ({ service, colour, arn: each[colour].targetGroupArn })),
  );
  return lastMinute(await metricPoints(aws, shape.listenerArn, groups, window, minuteMetrics));
}
