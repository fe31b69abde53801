import type * as aws from "@pulumi/aws";

/** An alarm of the runner, and what its figures are of: a machine, a queue, or the notifier. */
export type RunnerAlarm = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  "namespace" | "metricName" | "statistic" | "comparisonOperator" | "threshold" | "period" | "evaluationPeriods"
> & { readonly suffix: string; readonly of: string; readonly what: string };

/** What is told, what of it nobody could read, and what schedules could not start. */
export const queueNames = ["status", "dead", "schedules"] as const;
export type QueueName = (typeof queueNames)[number];

/** Seconds. A message is said within a minute; one that waits this long is being tried again and again. */
const oldestMessage = 900;

const common = { comparisonOperator: "GreaterThanOrEqualToThreshold", period: 300, evaluationPeriods: 1 } as const;

/**
 * What ends otherwise than it should: `plan`, `release` and `run` say so to who asked for them, and a pull request that may
 * not be merged is no fault of the runner's; none of them is in alarm for it. None is in alarm for taking too long: each state's
 * time is caught, so that no machine ever ends as TIMED_OUT, and what comes of that is a failure.
 *
 * @param notifier whether there is one: without it messages wait for ever
 */
export function runnerAlarms(notifier: boolean): readonly RunnerAlarm[] {
  const states = { ...common, namespace: "AWS/States", statistic: "Sum", threshold: 1 } as const;
  const queue = { ...common, namespace: "AWS/SQS", statistic: "Maximum" } as const;
  return [
    ...["plan-apply", "merge", "ephemeral"].map((machine) => ({
      ...states,
      ...{ suffix: `${machine}-failed`, of: machine, metricName: "ExecutionsFailed" },
      what: `An execution of ${machine} failed`,
    })),
    {
      ...queue,
      ...{ suffix: "dead-letters", of: "dead", metricName: "ApproximateNumberOfMessagesVisible", threshold: 1 },
      what: "A message was put aside, as nobody could read or say it",
    },
    {
      ...queue,
      ...{ suffix: "not-started", of: "schedules", metricName: "ApproximateNumberOfMessagesVisible", threshold: 1 },
      what: "A schedule could not start its command",
    },
    ...(notifier
      ? [
          {
            ...queue,
            ...{ suffix: "oldest-message", of: "status", metricName: "ApproximateAgeOfOldestMessage" },
            threshold: oldestMessage,
            what: `A message waits for ${oldestMessage / 60} minutes`,
          },
          {
            ...common,
            ...{ suffix: "notifier-errors", of: "notifier", namespace: "AWS/Lambda", metricName: "Errors" },
            ...{ statistic: "Sum", threshold: 1 },
            what: "The notifier did not start or was cut off",
          },
        ]
      : []),
  ];
}
