/** GetMetricData, GetMetricStatistics and ListMetrics: load balancers' metrics from here, all others from moto. */
import {
  type Datapoint,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { awsError, type CloudContext } from "../handlers.ts";
import { type BalancerMetrics, keptMs, namespace, toDimensions } from "./balancers.ts";
import { type Series, statistic } from "./series.ts";

interface Point {
  readonly at: Date;
  readonly value: number;
}

export function installMetricsApi(cloud: CloudContext, metrics: BalancerMetrics): void {
  /** One point for each period with data; a period of 60 s is 60 s × the pace of this machine's time. */
  function points(series: Series | undefined, from: Date, to: Date, periodSeconds: number, stat: string): Point[] {
    const periodMs = Math.max(1, cloud.clock.paced(periodSeconds * 1000));
    const found: Point[] = [];
    if (series === undefined) return found;
    const first = Math.max(from.getTime(), cloud.clock.now() - keptMs);
    for (let start = Math.floor(first / periodMs) * periodMs; start < to.getTime(); start += periodMs) {
      const summary = series.summary(start, start + periodMs);
      if (summary === undefined) continue;
      const value = statistic(summary, stat);
      if (value === undefined) throw awsError("InvalidParameterValue", `The sandbox lacks the statistic ${stat}`);
      found.push({ at: new Date(start), value });
    }
    return found;
  }

  cloud.handle(GetMetricDataCommand, async (input, call) => {
    const { MetricDataQueries: queries = [], StartTime = new Date(0), EndTime = new Date() } = input;
    const own = queries.filter((query) => query.MetricStat?.Metric?.Namespace === namespace);
    if (own.length > 0 && queries.some((query) => query.Expression !== undefined)) {
      throw awsError(
        "NotImplementedInSandbox",
        `The sandbox lacks metric math over ${namespace}; ask for its metrics singly`,
      );
    }
    const answer = (query: MetricDataQuery): MetricDataResult => {
      const { Metric, Period = 60, Stat = "Average" } = query.MetricStat ?? {};
      const series = metrics.find(Metric?.MetricName ?? "", toDimensions(Metric?.Dimensions));
      const found = points(series, StartTime, EndTime, Period, Stat);
      if (input.ScanBy !== "TimestampAscending") found.reverse();
      return {
        Id: query.Id,
        Label: query.Label ?? Metric?.MetricName,
        Timestamps: found.map((point) => point.at),
        Values: found.map((point) => point.value),
        StatusCode: "Complete",
      };
    };
    const others = queries.filter((query) => !own.includes(query));
    const theirs = others.length > 0 ? await call.toMoto({ ...input, MetricDataQueries: others }) : undefined;
    const results = new Map(theirs?.MetricDataResults?.map((result) => [result.Id, result]));
    for (const query of own) if (query.ReturnData !== false) results.set(query.Id, answer(query));
    return {
      ...theirs,
      MetricDataResults: queries.flatMap((query) => results.get(query.Id) ?? []),
    };
  });

  cloud.handle(GetMetricStatisticsCommand, (input, call) => {
    if (input.Namespace !== namespace) return call.toMoto();
    const { StartTime = new Date(0), EndTime = new Date(), Period = 60 } = input;
    const series = metrics.find(input.MetricName ?? "", toDimensions(input.Dimensions));
    const byTime = new Map<number, Datapoint>();
    const each = (stat: string, put: (datapoint: Datapoint, value: number) => void) => {
      for (const { at, value } of points(series, StartTime, EndTime, Period, stat)) {
        const datapoint = byTime.get(at.getTime()) ?? { Timestamp: at };
        put(datapoint, value);
        byTime.set(at.getTime(), datapoint);
      }
    };
    for (const stat of input.Statistics ?? []) {
      each(stat, (datapoint, value) => {
        datapoint[stat] = value;
      });
    }
    for (const stat of input.ExtendedStatistics ?? []) {
      each(stat, (datapoint, value) => {
        datapoint.ExtendedStatistics = { ...datapoint.ExtendedStatistics, [stat]: value };
      });
    }
    return { Label: input.MetricName, Datapoints: [...byTime.values()] };
  });

  cloud.handle(ListMetricsCommand, async (input, call) => {
    const theirs = input.Namespace === namespace ? { Metrics: [] } : await call.toMoto();
    if (input.Namespace !== undefined && input.Namespace !== namespace) return theirs;
    const own = metrics
      .list()
      .filter(({ MetricName }) => input.MetricName === undefined || input.MetricName === MetricName)
      .filter(({ Dimensions }) =>
        (input.Dimensions ?? []).every(({ Name, Value }) =>
          Dimensions?.some((one) => one.Name === Name && (Value === undefined || one.Value === Value)),
        ),
      );
    return { ...theirs, Metrics: [...(theirs.Metrics ?? []), ...own] };
  });
}
