/** Metrics that are put by programs (PutMetricData), for the alarms on them; moto answers who asks for their data. */
import { type MetricAlarm, type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { CloudContext } from "../handlers.ts";
import { toDimensions } from "./balancers.ts";
import { Series } from "./series.ts";

/** The longest an alarm looks back ("Create a CloudWatch alarm": periods of an hour and more, up to a day in all), AWS milliseconds. */
const lookBackMs = 24 * 3_600_000;

/** Namespaces of AWS's own begin so: nobody may put into them. */
const ofAws = /^AWS\//;

export class OwnMetrics {
  readonly #cloud: CloudContext;
  readonly #widthMs: number;
  readonly #series = new Map<string, Series>();

  /** `widthMs`: the finest period, in real milliseconds. */
  constructor(cloud: CloudContext, widthMs: number) {
    this.#cloud = cloud;
    this.#widthMs = widthMs;
  }

  install(): void {
    this.#cloud.handle(PutMetricDataCommand, async (input, call) => {
      const answer = await call.toMoto();
      for (const datum of input.MetricData ?? []) this.#add(call.region, input.Namespace, datum);
      return answer;
    });
    this.#cloud.onReset(() => this.#series.clear());
  }

  #add(region: string, namespace: string | undefined, datum: MetricDatum): void {
    const key = keyOf(region, namespace, datum);
    const series = this.#series.get(key) ?? new Series(this.#widthMs, this.#cloud.clock.paced(lookBackMs));
    this.#series.set(key, series);
    // The cloud's own time: a minute of a datum's would be another length of the paced one.
    const now = this.#cloud.clock.now();
    for (const value of valuesOf(datum)) series.add(now, value);
  }

  has(alarm: Pick<MetricAlarm, "Namespace">): boolean {
    return alarm.Namespace !== undefined && !ofAws.test(alarm.Namespace);
  }

  find(region: string, alarm: Pick<MetricAlarm, "Namespace" | "MetricName" | "Dimensions">): Series | undefined {
    return this.#series.get(keyOf(region, alarm.Namespace, alarm));
  }
}

function keyOf(
  region: string,
  namespace: string | undefined,
  { MetricName, Dimensions }: Pick<MetricAlarm, "MetricName" | "Dimensions">,
): string {
  const dimensions = Object.entries(toDimensions(Dimensions)).sort();
  return JSON.stringify([region, namespace, MetricName, dimensions]);
}

/** Of a set of statistics its average, as often as it has samples: their sum and number are kept. */
function valuesOf({ Value, Values = [], Counts = [], StatisticValues }: MetricDatum): readonly number[] {
  if (Value !== undefined) return [Value];
  if (StatisticValues !== undefined) {
    const { Sum = 0, SampleCount = 0 } = StatisticValues;
    return Array.from({ length: SampleCount }, () => Sum / SampleCount);
  }
  return Values.flatMap((value, i) => Array.from({ length: Counts[i] ?? 1 }, () => value));
}
