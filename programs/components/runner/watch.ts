import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type MachineName, machineNames } from "./machine-names.ts";
import { type QueueName, queueNames, runnerAlarms } from "./watch/alarms.ts";
import { runnerDashboard } from "./watch/dashboard.ts";

export interface WatchArgs {
  readonly region: string;
  readonly machineArns: Readonly<Record<MachineName, pulumi.Input<string>>>;
  readonly queueNames: Readonly<Record<QueueName, pulumi.Input<string>>>;
  /** Absent without a notifier. */
  readonly notifierName: pulumi.Input<string> | undefined;
  /** `owner/name` at GitHub, where what to do is written down. */
  readonly repository: string;
  /** SNS topic that hears of alarms; nobody does without one. */
  readonly topicArn: string | undefined;
}

/** Looks after the runner itself: what failed, what waits too long, what nobody could read; and a page of it all. */
export class Watch extends pulumi.ComponentResource {
  readonly alarmNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: WatchArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:Watch", name, {}, options);
    const actions = args.topicArn === undefined ? [] : [args.topicArn];
    const made = runnerAlarms(args.notifierName !== undefined).map(({ suffix, of, what, ...threshold }) => {
      const dimensions = this.dimensions(of, args);
      return new aws.cloudwatch.MetricAlarm(
        `${name}-${suffix}`,
        {
          name: `switchyard-${name}-${suffix}`,
          ...threshold,
          alarmDescription: `${what}. What to do: https://github.com/${args.repository}/blob/main/docs/runner.md#when-an-alarm-fires`,
          dimensions,
          treatMissingData: "notBreaching",
          alarmActions: actions,
          okActions: actions,
        },
        { parent: this },
      );
    });
    const parts = pulumi.output({
      region: args.region,
      machineArns: machineNames.map((machine) => ({ machine, arn: args.machineArns[machine] })),
      queueNames: args.queueNames,
      notifierName: args.notifierName,
      alarmArns: made.map(({ arn }) => arn),
    });
    new aws.cloudwatch.Dashboard(
      name,
      { dashboardName: `switchyard-${name}`, dashboardBody: parts.apply(runnerDashboard) },
      { parent: this },
    );
    this.alarmNames = made.map((alarm) => alarm.name);
    this.registerOutputs({});
  }

  private dimensions(
    of: string,
    { machineArns, queueNames: names, notifierName }: WatchArgs,
  ): Record<string, pulumi.Input<string>> {
    if (of === "notifier") return { FunctionName: notifierName ?? "" };
    const queue = queueNames.find((each) => each === of);
    if (queue !== undefined) return { QueueName: names[queue] };
    return { StateMachineArn: machineArns[of as MachineName] };
  }
}
