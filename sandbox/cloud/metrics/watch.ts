/** Keeps alarms on metrics of load balancers, and of programs, in the state their data gives them. Others stay as they were set. */
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type SetAlarmStateCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { tellEventBridge } from "../events.ts";
import type { CloudContext } from "../handlers.ts";
import { type AlarmState, alarmState, stateReason } from "./alarm.ts";
import { type BalancerMetrics, namespace, toDimensions } from "./balancers.ts";
import type { CompositeAlarms } from "./composite.ts";
import type { OwnMetrics } from "./own.ts";
import { statistic } from "./series.ts";

/** AWS milliseconds between evaluations, and the least real time between them. */
const evaluationMs = 10_000;
const shortestEvaluationMs = 250;

interface Watched {
  readonly alarm: MetricAlarm;
  state: AlarmState;
  /** A state set by hand stays until then. */
  heldUntil: number;
}

/** Names are unique within a region. */
const keyOf = (region: string, name: string | undefined) => `${region}/${name}`;

export class AlarmWatch {
  #cloud: CloudContext;
  #metrics: BalancerMetrics;
  #own: OwnMetrics;
  #composite: CompositeAlarms;
  /** By region and name. */
  #alarms = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(cloud: CloudContext, metrics: BalancerMetrics, own: OwnMetrics, composite: CompositeAlarms) {
    this.#cloud = cloud;
    this.#metrics = metrics;
    this.#own = own;
    this.#composite = composite;
  }

  install(): void {
    const cloud = this.#cloud;
    cloud.handle(PutMetricAlarmCommand, async (input, call) => {
      const answer = await call.toMoto();
      const { MetricAlarms } = await call
        .moto(CloudWatchClient)
        .send(new DescribeAlarmsCommand({ AlarmNames: [input.AlarmName ?? ""] }));
      for (const alarm of MetricAlarms ?? []) await this.#watch(alarm);
      return answer;
    });
    cloud.handle(DeleteAlarmsCommand, (input, call) => {
      const AlarmNames = this.#composite.delete(call, input.AlarmNames ?? []);
      for (const name of AlarmNames) this.#alarms.delete(keyOf(call.region, name));
      return AlarmNames.length === 0 ? {} : call.toMoto({ AlarmNames });
    });
    cloud.handle(SetAlarmStateCommand, async (input, call) => {
      const { MetricAlarms } = await call
        .moto(CloudWatchClient)
        .send(new DescribeAlarmsCommand({ AlarmNames: [input.AlarmName ?? ""], AlarmTypes: ["MetricAlarm"] }));
      const answer = await call.toMoto();
      for (const alarm of MetricAlarms ?? []) tellOfChange(cloud, call.moto, alarm, input);
      const watched = this.#alarms.get(keyOf(call.region, input.AlarmName));
      if (watched !== undefined) {
        watched.state = input.StateValue as AlarmState;
        watched.heldUntil = cloud.clock.now() + cloud.clock.paced((watched.alarm.Period ?? 60) * 1000);
      }
      return answer;
    });
    cloud.onReset(() => this.#alarms.clear());
    cloud.onStop(() => this.#stop());
    this.#schedule();
  }

  async #watch(alarm: MetricAlarm): Promise<void> {
    if ((alarm.Namespace !== namespace && !this.#own.has(alarm)) || alarm.Metrics?.length) return;
    const key = keyOf(this.#cloud.at(alarm.AlarmArn).region, alarm.AlarmName);
    // moto calls a new alarm OK; in AWS it has insufficient data until it is evaluated.
    this.#alarms.set(key, { alarm, state: (alarm.StateValue ?? "OK") as AlarmState, heldUntil: 0 });
    await this.#evaluate(key);
  }

  #schedule(): void {
    const interval = Math.max(this.#cloud.clock.paced(evaluationMs), shortestEvaluationMs);
    this.#timer = setTimeout(async () => {
      for (const key of this.#alarms.keys()) await this.#evaluate(key);
      if (!this.#stopped) this.#schedule();
    }, interval).unref();
  }

  async #evaluate(key: string): Promise<void> {
    const watched = this.#alarms.get(key);
    const now = this.#cloud.clock.now();
    if (watched === undefined || now < watched.heldUntil) return;
    const values = this.#values(watched.alarm, now);
    const state = alarmState(watched.alarm, values, watched.state);
    if (state === watched.state) return;
    const StateReason = stateReason(state, values, watched.alarm.Threshold);
    const { moto } = this.#cloud.at(watched.alarm.AlarmArn);
    const change = { AlarmName: watched.alarm.AlarmName, StateValue: state, StateReason };
    try {
      await moto(CloudWatchClient).send(new SetAlarmStateCommand(change));
      tellOfChange(this.#cloud, moto, { ...watched.alarm, StateValue: watched.state }, change);
      watched.state = state;
    } catch (error) {
      this.#cloud.log(`The state of alarm ${key} could not be set: ${(error as Error).message}`);
    }
  }

  /** One value for each evaluation period, newest first. */
  #values(alarm: MetricAlarm, now: number): (number | undefined)[] {
    const series = this.#own.has(alarm)
      ? this.#own.find(this.#cloud.at(alarm.AlarmArn).region, alarm)
      : this.#metrics.find(alarm.MetricName ?? "", toDimensions(alarm.Dimensions));
    const periodMs = this.#cloud.clock.paced((alarm.Period ?? 60) * 1000);
    const name = alarm.ExtendedStatistic ?? alarm.Statistic ?? "Average";
    return Array.from({ length: alarm.EvaluationPeriods ?? 1 }, (_, i) => {
      const summary = series?.summary(now - (i + 1) * periodMs, now - i * periodMs);
      return summary && statistic(summary, name);
    });
  }

  #stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

/** As it was before; a state that is set again is no change. */
function tellOfChange(
  cloud: CloudContext,
  moto: CloudContext["moto"],
  before: MetricAlarm,
  { StateValue: value, StateReason: reason }: Pick<SetAlarmStateCommandInput, "StateValue" | "StateReason">,
): void {
  if (value === before.StateValue) return;
  void tellEventBridge(cloud, moto, {
    ...{ source: "aws.cloudwatch", type: "CloudWatch Alarm State Change", resource: before.AlarmArn ?? "" },
    detail: {
      ...{ alarmName: before.AlarmName, state: { value, reason } },
      ...{ previousState: { value: before.StateValue }, configuration: { description: before.AlarmDescription } },
    },
  });
}
