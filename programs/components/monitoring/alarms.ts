import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { MonitoringConfig, ServiceAlarms } from "../../monitoring-config.ts";
import { colours } from "../../release.ts";
import type { PerColour } from "../service/colour.ts";
import {
  type AlarmThreshold,
  anyOf,
  balancerErrors,
  colourThresholds,
  databaseThresholds,
  describe,
  mailThresholds,
  migrationErrors,
} from "./thresholds.ts";
import { alarmTopic } from "./topic.ts";

export interface AlarmsArgs {
  /** Begins the alarms' names. */
  readonly environment: string;
  readonly account: Account;
  readonly config: MonitoringConfig;
  readonly keyArn: pulumi.Input<string>;
  /** Names the load balancer in CloudWatch. */
  readonly balancer: pulumi.Input<string>;
  readonly databaseIdentifier: pulumi.Input<string>;
  readonly migrationFunctionName: string;
  /** Of an environment that sends mail. */
  readonly configurationSet: pulumi.Input<string> | undefined;
  readonly services: Readonly<Record<string, WatchedService>>;
}

export interface WatchedService {
  readonly targetGroups: PerColour<aws.lb.TargetGroup>;
  readonly alarms: ServiceAlarms;
}

type Dimensions = Record<string, pulumi.Input<string>>;

/**
 * The alarms of an environment. A release watches each colour's errors, latency and unhealthy targets, and the load
 * balancer's own errors. Who is subscribed hears of a service once, however many of its alarms fire.
 */
export class Alarms extends pulumi.ComponentResource {
  /** Those a release watches. */
  readonly names: pulumi.Output<string[]>;
  readonly arns: pulumi.Output<string[]>;
  readonly #args: AlarmsArgs;
  readonly #actions: pulumi.Output<string>[];

  constructor(name: string, args: AlarmsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:monitoring:Alarms", name, {}, options);
    this.#args = args;
    const { email, slack } = args.config;
    const topic = alarmTopic(name, { ...args, subscribers: { [name]: email, [`${name}-slack`]: slack } }, this);
    this.#actions = topic === undefined ? [] : [topic.arn];
    const { config, balancer: LoadBalancer } = args;
    const watched = [this.alarm("balancer-errors", balancerErrors(config), { LoadBalancer }, "tells")];
    const told: (aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm)[] = [...watched];
    for (const [service, each] of Object.entries(args.services)) {
      const own = this.ofService(service, each);
      watched.push(...own);
      told.push(this.together(service, own));
    }
    for (const [suffix, threshold] of Object.entries(databaseThresholds(config)))
      told.push(this.alarm(suffix, threshold, { DBInstanceIdentifier: args.databaseIdentifier }, "tells"));
    const functionOf = { FunctionName: args.migrationFunctionName };
    told.push(this.alarm("migration-errors", migrationErrors(config), functionOf, "tells"));
    if (args.configurationSet !== undefined)
      for (const [suffix, threshold] of Object.entries(mailThresholds(config)))
        told.push(this.alarm(suffix, threshold, { "ses:configuration-set": args.configurationSet }, "tells"));
    this.names = pulumi.all(watched.map((each) => each.name));
    this.arns = pulumi.all(told.map((each) => each.arn));
    this.registerOutputs({ names: this.names });
  }

  private alarm(suffix: string, threshold: AlarmThreshold, dimensions: Dimensions, tells: "tells" | "is summed up") {
    const actions = tells === "tells" ? this.#actions : [];
    return new aws.cloudwatch.MetricAlarm(
      suffix,
      {
        name: this.nameOf(suffix),
        // No requests, no data: an idle colour is not in alarm.
        treatMissingData: "notBreaching",
        ...threshold,
        dimensions,
        alarmActions: actions,
        okActions: actions,
      },
      { parent: this },
    );
  }

  private ofService(service: string, { targetGroups, alarms }: WatchedService): aws.cloudwatch.MetricAlarm[] {
    const { balancer: LoadBalancer, config } = this.#args;
    return colours.flatMap((colour) => {
      const dimensions = { LoadBalancer, TargetGroup: targetGroups[colour].arnSuffix };
      return Object.entries(colourThresholds(alarms, config)).map(([what, threshold]) =>
        this.alarm(`${service}-${colour}-${what}`, threshold, dimensions, "is summed up"),
      );
    });
  }

  private together(service: string, of: readonly aws.cloudwatch.MetricAlarm[]): aws.cloudwatch.CompositeAlarm {
    // By the names they will have: the rule is known before they are made.
    const kinds = Object.keys(colourThresholds({}, this.#args.config));
    const names = colours.flatMap((colour) => kinds.map((what) => this.nameOf(`${service}-${colour}-${what}`)));
    return new aws.cloudwatch.CompositeAlarm(
      `${service}-service`,
      {
        alarmName: this.nameOf(`${service}-service`),
        alarmDescription: describe("service", `Something of ${service} is in alarm`, this.#args.config),
        alarmRule: anyOf(names),
        alarmActions: this.#actions,
        okActions: this.#actions,
      },
      { parent: this, dependsOn: [...of] },
    );
  }

  private nameOf(suffix: string): string {
    return `${this.#args.environment}-${suffix}`;
  }
}
