import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sweepMetric } from "./sweep-metric.ts";

const hour = 3600;
/** A sweep every hour, which GitHub may start late. */
const silentHours = 3;
/** As in the default of an environment's `monitoring.runbooks`. */
const exampleRepository = "example/switchyard";

export interface SweepAlarmArgs {
  /** SNS topic that hears of it. */
  readonly topicArn: string;
  /** `owner/name` at GitHub, where what to do is written down. */
  readonly repository: string | undefined;
}

/** Fires when no sweep has come to its end for hours: preview environments are then left, and cost. */
export class SweepAlarm extends pulumi.ComponentResource {
  constructor(
    name: string,
    { topicArn, repository = exampleRepository }: SweepAlarmArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("switchyard:pipeline:SweepAlarm", name, {}, options);
    new aws.cloudwatch.MetricAlarm(
      name,
      {
        name: `switchyard-${name}`,
        alarmDescription: `No sweep of preview environments has ended for ${silentHours} hours. What to do: https://github.com/${repository}/blob/main/docs/runbooks/preview-sweep.md`,
        namespace: sweepMetric.namespace,
        metricName: sweepMetric.name,
        statistic: "Sum",
        period: hour,
        evaluationPeriods: silentHours,
        datapointsToAlarm: silentHours,
        comparisonOperator: "LessThanThreshold",
        threshold: 1,
        // Silence is what it is about.
        treatMissingData: "breaching",
        alarmActions: [topicArn],
        okActions: [topicArn],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
