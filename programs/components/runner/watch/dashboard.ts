/** The runner's page, in the form of "Dashboard body structure and syntax" (Amazon CloudWatch API reference). */
import { sweepMetric } from "../../pipeline/sweep-metric.ts";
import type { QueueName } from "./alarms.ts";

export interface RunnerDashboardParts {
  readonly region: string;
  readonly machineArns: readonly { readonly machine: string; readonly arn: string }[];
  readonly queueNames: Readonly<Record<QueueName, string>>;
  readonly notifierName: string | undefined;
  readonly alarmArns: readonly string[];
}

type Metric = readonly [...string[], { readonly stat: string; readonly label: string }];

/** A dashboard is 24 units wide; three graphs beside each other. */
const width = 8;
const height = 6;

export function runnerDashboard(parts: RunnerDashboardParts): string {
  const ofMachines = (metric: string, stat = "Sum"): readonly Metric[] =>
    parts.machineArns.map(({ machine, arn }) => [
      ...["AWS/States", metric, "StateMachineArn", arn],
      { stat, label: machine },
    ]);
  const ofQueue = (name: string, metric: string, label: string): Metric => [
    ...["AWS/SQS", metric, "QueueName", name],
    { stat: "Maximum", label },
  ];
  const ofNotifier = (metric: string, label: string): readonly Metric[] =>
    parts.notifierName === undefined
      ? []
      : [["AWS/Lambda", metric, "FunctionName", parts.notifierName, { stat: "Sum", label }]];
  const { status, dead, schedules } = parts.queueNames;
  const graphs: readonly { readonly title: string; readonly metrics: readonly Metric[] }[] = [
    { title: "Executions that began", metrics: ofMachines("ExecutionsStarted") },
    { title: "Executions that failed", metrics: ofMachines("ExecutionsFailed") },
    { title: "Milliseconds an execution takes", metrics: ofMachines("ExecutionTime", "p90") },
    {
      title: "Messages: waiting, put aside, and of schedules that started nothing",
      metrics: [
        ofQueue(status, "ApproximateNumberOfMessagesVisible", "waiting"),
        ofQueue(dead, "ApproximateNumberOfMessagesVisible", "put aside"),
        ofQueue(schedules, "ApproximateNumberOfMessagesVisible", "not started"),
      ],
    },
    {
      title: "Seconds the oldest message waits; the notifier's runs and errors",
      metrics: [
        ofQueue(status, "ApproximateAgeOfOldestMessage", "oldest"),
        ...ofNotifier("Invocations", "runs"),
        ...ofNotifier("Errors", "errors"),
      ],
    },
    {
      title: "Sweeps of preview environments that came to their end",
      metrics: [[sweepMetric.namespace, sweepMetric.name, { stat: "Sum", label: "sweeps" }]],
    },
  ];
  const alarms = { type: "alarm", x: 0, y: 0, width: 24, height: 3 };
  const widgets = graphs.map(({ title, metrics }, index) => ({
    type: "metric",
    ...{ x: (index % 3) * width, y: alarms.height + Math.floor(index / 3) * height, width, height },
    properties: { title, region: parts.region, view: "timeSeries", stacked: false, period: 300, metrics },
  }));
  return JSON.stringify({
    widgets: [{ ...alarms, properties: { title: "Alarms", alarms: parts.alarmArns } }, ...widgets],
  });
}
