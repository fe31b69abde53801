/** The state of a metric alarm: "How alarm state is evaluated when data is missing" of the CloudWatch user guide. */
import type { MetricAlarm } from "@aws-sdk/client-cloudwatch";

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** Undefined for comparisons that need a band of anomaly detection. */
function breaches(value: number, operator: string | undefined, threshold: number): boolean | undefined {
  switch (operator) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    case "LessThanOrEqualToThreshold":
      return value <= threshold;
    default:
      return undefined;
  }
}

/**
 * The state by the values of the last evaluation periods, newest first, undefined where there is no data. `before` is kept
 * where the alarm ignores missing data.
 */
export function alarmState(
  alarm: Pick<
    MetricAlarm,
    "ComparisonOperator" | "Threshold" | "EvaluationPeriods" | "DatapointsToAlarm" | "TreatMissingData"
  >,
  values: readonly (number | undefined)[],
  before: AlarmState,
): AlarmState {
  const needed = alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 1;
  const treatment = alarm.TreatMissingData ?? "missing";
  const present = values.filter((value) => value !== undefined);
  const breaching = present.filter((value) => breaches(value, alarm.ComparisonOperator, alarm.Threshold ?? 0)).length;
  const missing = values.length - present.length;
  if (breaching + (treatment === "breaching" ? missing : 0) >= needed) return "ALARM";
  if (present.length > 0 || treatment === "notBreaching" || treatment === "breaching") return "OK";
  return treatment === "ignore" ? before : "INSUFFICIENT_DATA";
}

/** The reason as CloudWatch words it. */
export function stateReason(
  state: AlarmState,
  values: readonly (number | undefined)[],
  threshold: number | undefined,
): string {
  const present = values.filter((value) => value !== undefined);
  if (state === "INSUFFICIENT_DATA") return "Insufficient Data: no data was received in the last evaluation periods.";
  if (present.length === 0)
    return "Threshold Crossed: no datapoints were received and missing data is treated as configured.";
  const crossed = state === "ALARM" ? "crossed" : "did not cross";
  return `Threshold Crossed: ${present.length} datapoint(s) [${present.join(", ")}] ${crossed} the threshold (${threshold}).`;
}
