/** What each alarm looks at, and which page says what to do when it fires. */
import type * as aws from "@pulumi/aws";
import type { MonitoringConfig, ServiceAlarms } from "../../monitoring-config.ts";

/** Each has `docs/runbooks/<kind>.md`. */
export const alarmKinds = [
  "balancer-errors",
  "errors",
  "latency",
  "unhealthy",
  "service",
  "database-cpu",
  "database-storage",
  "migration-errors",
  "mail-bounces",
  "mail-complaints",
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export type AlarmThreshold = Pick<
  aws.cloudwatch.MetricAlarmArgs,
  | "alarmDescription"
  | "namespace"
  | "metricName"
  | "statistic"
  | "extendedStatistic"
  | "comparisonOperator"
  | "threshold"
  | "period"
  | "evaluationPeriods"
  | "treatMissingData"
>;

/** What somebody woken by the alarm reads first. */
export function describe(kind: AlarmKind, what: string, { runbooks }: Pick<MonitoringConfig, "runbooks">): string {
  return `${what}. What to do: ${runbooks}/${kind}.md`;
}

const balancer = {
  namespace: "AWS/ApplicationELB",
  comparisonOperator: "GreaterThanOrEqualToThreshold",
  period: 60,
} as const;

export function balancerErrors(config: MonitoringConfig): AlarmThreshold {
  return {
    ...balancer,
    alarmDescription: describe("balancer-errors", manyErrors(config.errorsPerMinute, "the load balancer"), config),
    metricName: "HTTPCode_ELB_5XX_Count",
    statistic: "Sum",
    threshold: config.errorsPerMinute,
    evaluationPeriods: 1,
  };
}

/** Of one colour of a service, by the end of the alarm's name. */
export function colourThresholds(
  own: ServiceAlarms,
  config: MonitoringConfig,
): Readonly<Record<"errors" | "latency" | "unhealthy", AlarmThreshold>> {
  const errorsPerMinute = own.errorsPerMinute ?? config.errorsPerMinute;
  const latencyMs = own.latencyMs ?? config.latencyMs;
  const unhealthyTargets = own.unhealthyTargets ?? config.unhealthyTargets;
  const failing = unhealthyTargets === 1 ? "A target fails its" : `${unhealthyTargets} targets or more fail their`;
  const slow = `One answer in a hundred takes ${latencyMs} ms or more, two minutes running`;
  return {
    errors: {
      ...balancer,
      alarmDescription: describe("errors", manyErrors(errorsPerMinute, "the service"), config),
      metricName: "HTTPCode_Target_5XX_Count",
      statistic: "Sum",
      threshold: errorsPerMinute,
      evaluationPeriods: 1,
    },
    latency: {
      ...balancer,
      alarmDescription: describe("latency", slow, config),
      metricName: "TargetResponseTime",
      extendedStatistic: "p99",
      threshold: latencyMs / 1000,
      evaluationPeriods: 2,
    },
    unhealthy: {
      ...balancer,
      alarmDescription: describe("unhealthy", `${failing} health checks, two minutes running`, config),
      metricName: "UnHealthyHostCount",
      statistic: "Maximum",
      threshold: unhealthyTargets,
      evaluationPeriods: 2,
    },
  };
}

/** Bytes of a GB as RDS counts storage ("Amazon CloudWatch metrics for Amazon RDS"). */
const gb = 1024 ** 3;

/** Of the database, by the end of the alarm's name. */
export function databaseThresholds(
  config: MonitoringConfig,
): Readonly<Record<"database-cpu" | "database-storage", AlarmThreshold>> {
  const busy = `The database's CPU is ${config.databaseCpuPercent}% busy or more, a quarter of an hour long`;
  const full = `The database has ${config.databaseFreeGb} GB or less of its storage left`;
  return {
    "database-cpu": {
      alarmDescription: describe("database-cpu", busy, config),
      namespace: "AWS/RDS",
      metricName: "CPUUtilization",
      statistic: "Average",
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: config.databaseCpuPercent,
      period: 300,
      evaluationPeriods: 3,
    },
    "database-storage": {
      alarmDescription: describe("database-storage", full, config),
      namespace: "AWS/RDS",
      metricName: "FreeStorageSpace",
      statistic: "Minimum",
      comparisonOperator: "LessThanOrEqualToThreshold",
      threshold: config.databaseFreeGb * gb,
      period: 300,
      evaluationPeriods: 1,
    },
  };
}

export function migrationErrors(config: MonitoringConfig): AlarmThreshold {
  return {
    alarmDescription: describe("migration-errors", "The migration function ended with an error", config),
    namespace: "AWS/Lambda",
    metricName: "Errors",
    statistic: "Sum",
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    threshold: 1,
    period: 300,
    evaluationPeriods: 1,
  };
}

/** From these shares on Amazon SES puts an account under review (SES developer guide, "Reputation metrics messages"). */
const reviewed = { bounces: 0.05, complaints: 0.001 } as const;

/** Of what an environment sends, by the end of the alarm's name. */
export function mailThresholds(
  config: Pick<MonitoringConfig, "runbooks">,
): Readonly<Record<"mail-bounces" | "mail-complaints", AlarmThreshold>> {
  const rate = {
    namespace: "AWS/SES",
    statistic: "Average",
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    period: 3600,
    evaluationPeriods: 1,
    // Told now and then only, and of a share that stays what it was.
    treatMissingData: "ignore",
  } as const;
  const [bounced, complained] = [reviewed.bounces, reviewed.complaints].map((share) => `${share * 100}%`);
  return {
    "mail-bounces": {
      ...rate,
      alarmDescription: describe("mail-bounces", `${bounced} or more of the mail comes back`, config),
      metricName: "Reputation.BounceRate",
      threshold: reviewed.bounces,
    },
    "mail-complaints": {
      ...rate,
      alarmDescription: describe("mail-complaints", `${complained} or more of the mail is marked as spam`, config),
      metricName: "Reputation.ComplaintRate",
      threshold: reviewed.complaints,
    },
  };
}

function manyErrors(errors: number, who: string): string {
  return `${errors} or more 5xx answers of ${who} in a minute`;
}

/** The rule of an alarm that fires while any of others does ("Create a composite alarm", CloudWatch user guide). */
export function anyOf(names: readonly string[]): string {
  return names.map((name) => `ALARM("${name}")`).join(" OR ");
}
