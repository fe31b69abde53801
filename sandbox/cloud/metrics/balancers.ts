/** What CloudWatch shows of load balancers, namespace AWS/ApplicationELB ("CloudWatch metrics for your Application Load Balancer"). */
import type { Dimension, Metric } from "@aws-sdk/client-cloudwatch";
import type { RequestRecord } from "../alb/listener.ts";
import { Series } from "./series.ts";

export const namespace = "AWS/ApplicationELB";

/** `app/<name>/<id>` of a load balancer's ARN, `targetgroup/<name>/<id>` of a target group's. */
export function dimensionOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1).replace(/^loadbalancer\//, "");
}

export interface Sample {
  readonly name: string;
  /** Which of the request's dimensions the metric has. */
  readonly by: readonly ("LoadBalancer" | "TargetGroup")[];
  readonly value: number;
}

const perBalancer = ["LoadBalancer"] as const;
const perGroup = ["LoadBalancer", "TargetGroup"] as const;

/** The samples one request adds. Errors the target did not send are the load balancer's own. */
export function samplesOf(request: RequestRecord): Sample[] {
  const samples: Sample[] = [];
  const count = (name: string, by: Sample["by"], value = 1) => samples.push({ name, by, value });
  const grouped = request.targetGroup !== undefined;
  count("RequestCount", perBalancer);
  if (grouped && request.target !== undefined) {
    count("RequestCount", perGroup);
    count("RequestCountPerTarget", ["TargetGroup"]);
  }
  const { targetStatus, targetMs } = request;
  if (targetStatus !== undefined) {
    const name = `HTTPCode_Target_${Math.max(2, Math.floor(targetStatus / 100))}XX_Count`;
    for (const by of [perBalancer, perGroup]) count(name, by);
    for (const by of [perBalancer, perGroup]) count("TargetResponseTime", by, (targetMs ?? 0) / 1000);
    return samples;
  }
  if (request.status >= 300) count(`HTTPCode_ELB_${Math.floor(request.status / 100)}XX_Count`, perBalancer);
  if ([500, 502, 503, 504].includes(request.status)) count(`HTTPCode_ELB_${request.status}_Count`, perBalancer);
  if (request.status === 502 && grouped) {
    for (const by of [perBalancer, perGroup]) count("TargetConnectionErrorCount", by);
  }
  return samples;
}

export type Dimensions = Readonly<Partial<Record<string, string>>>;

export function toDimensions(list: readonly Dimension[] | undefined): Dimensions {
  return Object.fromEntries((list ?? []).map(({ Name, Value }) => [Name ?? "", Value ?? ""]));
}

const keyOf = (name: string, dimensions: Dimensions) =>
  [
    name,
    ...Object.entries(dimensions)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
  ].join("|");

/** Data is kept this long (real time). */
export const keptMs = 15 * 60_000;

export class BalancerMetrics {
  readonly #series = new Map<string, { readonly metric: Metric; readonly series: Series }>();
  readonly #widthMs: number;

  /** `widthMs`: the finest period data can be asked for, in real milliseconds. */
  constructor(widthMs: number) {
    this.#widthMs = widthMs;
  }

  record(request: RequestRecord): void {
    const { loadBalancer, targetGroup } = request;
    for (const { name, by, value } of samplesOf(request)) {
      const dimensions: Record<string, string> = {};
      for (const dimension of by)
        dimensions[dimension] = dimensionOf((dimension === "LoadBalancer" ? loadBalancer : targetGroup) ?? "");
      this.add(name, dimensions, request.at + request.ms, value);
    }
  }

  add(name: string, dimensions: Dimensions, at: number, value: number): void {
    const key = keyOf(name, dimensions);
    let entry = this.#series.get(key);
    if (entry === undefined) {
      const list = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
      const metric = { Namespace: namespace, MetricName: name, Dimensions: list };
      entry = { metric, series: new Series(this.#widthMs, keptMs) };
      this.#series.set(key, entry);
    }
    entry.series.add(at, value);
  }

  find(name: string, dimensions: Dimensions): Series | undefined {
    return this.#series.get(keyOf(name, dimensions))?.series;
  }

  list(): Metric[] {
    return [...this.#series.values()].map(({ metric }) => metric);
  }

  clear(): void {
    this.#series.clear();
  }
}
