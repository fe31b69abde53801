import type { Aws } from "../../aws/clients.ts";
import { worseThanBefore } from "../decide/compare.ts";
import type { ObservedService, ServicePlan } from "../decide/model.ts";
import type { Traffic } from "./figures.ts";
import type { EnvironmentShape } from "./shape.ts";

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
      new DescribeAlarmsCommand({
        AlarmNames: names.slice(i, i + alarmsPerCall),
        AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
        MaxRecords: alarmsPerCall,
      }),
    );
    for (const alarm of [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])])
      states.set(alarm.AlarmName ?? "", alarm.StateValue ?? "INSUFFICIENT_DATA");
  }
  return names.map((name) => ({ name, state: states.get(name) ?? "MISSING" }));
}

/** In words, which alarms say that something is wrong while two versions serve; undefined when none does. */
export async function alarmBreach(aws: Aws, alarmNames: readonly string[]): Promise<string | undefined> {
  const firing = (await alarmStates(aws, alarmNames)).filter((a) => a.state === "ALARM").map((a) => a.name);
  return firing.length === 0 ? undefined : `alarm ${firing.join(", ")} went off`;
}

/** In words, the first service under shift that does worse than before; undefined when all do as well. */
export function trafficBreach(
  traffic: Traffic,
  plan: Readonly<Record<string, ServicePlan>>,
  percent: number,
  shape: EnvironmentShape,
  services: Readonly<Record<string, ObservedService>>,
): string | undefined {
  for (const [service, figures] of Object.entries(traffic)) {
    const observed = services[service];
    const { from, to } = plan[service] ?? {};
    if (!observed || !from || !to) continue;
    const sticky = shape.services[service]?.stickinessSeconds !== undefined;
    const found = worseThanBefore({ service, from, to, percent, sticky }, figures, observed);
    if (found) return found;
  }
  return undefined;
}
