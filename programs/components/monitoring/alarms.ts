import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { EnvironmentConfig } from "../../config.ts";
import { policyDocument } from "../../policy.ts";
import { colours } from "../../release.ts";
import type { PerColour } from "../service/colour.ts";

export interface AlarmsArgs {
  /** Begins the alarms' names. */
  readonly environment: string;
  readonly account: Account;
  readonly config: EnvironmentConfig["monitoring"];
  readonly keyArn: pulumi.Input<string>;
  /** Names the load balancer in CloudWatch. */
  readonly balancer: pulumi.Input<string>;
  readonly services: Readonly<Record<string, PerColour<aws.lb.TargetGroup>>>;
}

type Dimensions = Record<string, pulumi.Input<string>>;

/** The alarms a release watches: each colour's errors, latency and unhealthy targets, and the load balancer's own errors. */
export class Alarms extends pulumi.ComponentResource {
  readonly names: pulumi.Output<string[]>;

  constructor(name: string, args: AlarmsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:monitoring:Alarms", name, {}, options);
    const topic = args.config.email === undefined ? undefined : this.topic(name, args.config.email, args);
    const actions = topic === undefined ? [] : [topic.arn];
    const alarm = (suffix: string, threshold: AlarmThreshold, dimensions: Dimensions) =>
      new aws.cloudwatch.MetricAlarm(
        suffix,
        {
          name: `${args.environment}-${suffix}`,
          ...threshold,
          namespace: "AWS/ApplicationELB",
          dimensions,
          comparisonOperator: "GreaterThanOrEqualToThreshold",
          period: 60,
          // No requests, no data: an idle colour is not in alarm.
          treatMissingData: "notBreaching",
          alarmActions: actions,
          okActions: actions,
        },
        { parent: this },
      );
    const LoadBalancer = args.balancer;
    const alarms = [alarm("balancer-errors", errors("HTTPCode_ELB_5XX_Count", args.config), { LoadBalancer })];
    for (const [service, targetGroups] of Object.entries(args.services))
      for (const colour of colours) {
        const dimensions = { LoadBalancer, TargetGroup: targetGroups[colour].arnSuffix };
        const of = `${service}-${colour}`;
        alarms.push(
          alarm(`${of}-errors`, errors("HTTPCode_Target_5XX_Count", args.config), dimensions),
          alarm(`${of}-latency`, latency(args.config), dimensions),
          alarm(`${of}-unhealthy`, unhealthy, dimensions),
        );
      }
    this.names = pulumi.all(alarms.map((each) => each.name));
    this.registerOutputs({ names: this.names });
  }

  private topic(name: string, email: string, args: AlarmsArgs): aws.sns.Topic {
    const topic = new aws.sns.Topic(name, { kmsMasterKeyId: args.keyArn }, { parent: this });
    new aws.sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: policyDocument({
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: { StringEquals: { "aws:SourceAccount": args.account.id } },
        }),
      },
      { parent: this },
    );
    new aws.sns.TopicSubscription(name, { topic: topic.arn, protocol: "email", endpoint: email }, { parent: this });
    return topic;
  }
}

type AlarmThreshold = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  "alarmDescription" | "metricName" | "statistic" | "extendedStatistic" | "threshold" | "evaluationPeriods"
>;

function errors(metricName: string, config: AlarmsArgs["config"]): AlarmThreshold {
  return {
    alarmDescription: `${config.errorsPerMinute} or more 5xx answers in a minute`,
    metricName,
    statistic: "Sum",
    threshold: config.errorsPerMinute,
    evaluationPeriods: 1,
  };
}

function latency(config: AlarmsArgs["config"]): AlarmThreshold {
  return {
    alarmDescription: `One answer in a hundred takes ${config.latencyMs} ms or more, two minutes running`,
    metricName: "TargetResponseTime",
    extendedStatistic: "p99",
    threshold: config.latencyMs / 1000,
    evaluationPeriods: 2,
  };
}

const unhealthy: AlarmThreshold = {
  alarmDescription: "A target fails its health checks, two minutes running",
  metricName: "UnHealthyHostCount",
  statistic: "Maximum",
  threshold: 1,
  evaluationPeriods: 2,
};
