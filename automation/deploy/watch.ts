import type { Aws } from "../aws/clients.ts";

export interface AlarmState {
  readonly name: string;
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA" | "MISSING";
}

/** CloudWatch describes at most this many alarms at once (its API reference). */
const alarmsPerCall = 100;

export async function alarmStates(aws: Aws, names: readonly string[]): Promise<readonly AlarmState[]> {
  if (names.length === 0) return [];
  const { DescribeAlarmsCommand } = await import("@aws-sdk/client-cloudwatch");
  const cloudwatch = await aws.client("alarms");
  const states = new Map<string, AlarmState["state"]>();
  for (let i = 0; i < names.length; i += alarmsPerCall) {
    const answer = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: names.slice(i, i + alarmsPerCall), MaxRecords: alarmsPerCall }),
    );
    for (const alarm of answer.MetricAlarms ?? [])
      states.set(alarm.AlarmName ?? "", alarm.StateValue ?? "INSUFFICIENT_DATA");
  }
  return names.map((name) => ({ name, state: states.get(name) ?? "MISSING" }));
}

/** In words, what the watch found wrong while two versions serve; undefined when all is well. */
export async function breachOf(aws: Aws, alarmNames: readonly string[]): Promise<string | undefined> {
  const firing = (await alarmStates(aws, alarmNames)).filter((a) => a.state === "ALARM").map((a) => a.name);
  return firing.length === 0 ? undefined : `alarm ${firing.join(", ")} went off`;
}
