import type { GetMetricDataCommandInput, GetMetricDataCommandOutput } from "@aws-sdk/client-cloudwatch";
import type { Colour } from "../../../programs/release.ts";
import type { SimulatedCloud, View } from "./cloud.ts";
import { pace } from "./driver.ts";
import type { Behaviour } from "./ecs.ts";
import { shareOf } from "./rules.ts";

const requestsPerSecond = 10;
const looksPerPeriod = 20;

/** What the simulated load balancer counted: a steady load, shared by the weights, answered as each version behaves. */
export function metricData(
  cloud: SimulatedCloud,
  { MetricDataQueries = [], StartTime, EndTime }: GetMetricDataCommandInput,
): Pick<GetMetricDataCommandOutput, "MetricDataResults"> {
  const [from, to] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0];
  const results = MetricDataQueries.map(({ Id, MetricStat }) => {
    const { MetricName = "", Dimensions = [] } = MetricStat?.Metric ?? {};
    const [, service = "", colour] = Dimensions.find((d) => d.Name === "TargetGroup")?.Value?.split("/") ?? [];
    const periodMs = (MetricStat?.Period ?? 60) * 1000 * pace;
    const points: [Date, number][] = [];
    for (let at = from; at < to; at += periodMs) {
      const views = Array.from({ length: looksPerPeriod }, (_, i) =>
        cloud.viewAt(at + (i * periodMs) / looksPerPeriod),
      );
      const value = counted(cloud, MetricName, service, colour as Colour, views, periodMs);
      if (value !== undefined) points.push([new Date(at), value]);
    }
    return { Id, Timestamps: points.map(([at]) => at), Values: points.map(([, value]) => value) };
  });
  return { MetricDataResults: results };
}

function counted(
  cloud: SimulatedCloud,
  metric: string,
  service: string,
  colour: Colour,
  views: readonly View[],
  periodMs: number,
): number | undefined {
  const seen = views.flatMap((view) => {
    const tasks = view.services[service]?.[colour];
    const rule = view.rules[service]?.production;
    const total = rule ? rule.weights.blue + rule.weights.green : 0;
    return tasks && rule && total > 0 ? [{ ...tasks, share: shareOf(rule, colour) / total }] : [];
  });
  const last = seen.at(-1);
  const requests = seen.reduce((sum, v) => sum + (v.share * requestsPerSecond * periodMs) / 1000 / looksPerPeriod, 0);
  const behaviour = cloud.behaviourOf(last?.taskDefinition);
  switch (metric) {
    case "UnHealthyHostCount":
      return Math.min(...seen.map((v) => v.registered - v.healthy));
    case "RequestCount":
      return requests > 0 ? Math.round(requests) : undefined;
    case "HTTPCode_Target_5XX_Count":
      return behaviour === "errors" && requests > 0 ? Math.round(requests * errorShare) : undefined;
    case "TargetResponseTime":
      return requests > 0 ? seconds(behaviour) : undefined;
    default:
      throw new Error(`the simulated account has no metric ${metric}`);
  }
}

const errorShare = 0.2;

function seconds(behaviour: Behaviour): number {
  return behaviour === "slow" ? 0.4 : 0.05;
}
