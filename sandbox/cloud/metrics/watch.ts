/** Keeps the alarms on load balancer metrics in the state their data gives them. Others stay as they were set. */
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import type { CloudContext } from "../handlers.ts";
import { type AlarmState, alarmState, stateReason } from "./alarm.ts";
import { type BalancerMetrics, namespace, toDimensions } from "./balancers.ts";
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

export class AlarmWatch {
  #cloud: CloudContext;
  #metrics: BalancerMetrics;
  #alarms = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(cloud: CloudContext, metrics: BalancerMetrics) {
    this.#cloud = cloud;
    this.#metrics = metrics;
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
      for (const name of input.AlarmNames ?? []) this.#alarms.delete(name);
      return call.toMoto();
    });
    cloud.handle(SetAlarmStateCommand, async (input, call) => {
      const answer = await call.toMoto();
      const watched = this.#alarms.get(input.AlarmName ?? "");
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
    if (alarm.Namespace !== namespace || alarm.Metrics?.length) return;
    const name = alarm.AlarmName ?? "";
    // moto calls a new alarm OK; in AWS it has insufficient data until it is evaluated.
    this.#alarms.set(name, { alarm, state: (alarm.StateValue ?? "OK") as AlarmState, heldUntil: 0 });
    await this.#evaluate(name);
  }

  #schedule(): void {
    const interval = Math.max(this.#cloud.clock.paced(evaluationMs), shortestEvaluationMs);
    this.#timer = setTimeout(async () => {
      for (const name of this.#alarms.keys()) await this.#evaluate(name);
      if (!this.#stopped) this.#schedule();
    }, interval).unref();
  }

  async #evaluate(name: string): Promise<void> {
    const watched = this.#alarms.get(name);
    const now = this.#cloud.clock.now();
    if (watched === undefined || now < watched.heldUntil) return;
    const values = this.#values(watched.alarm, now);
    const state = alarmState(watched.alarm, values, watched.state);
    if (state === watched.state) return;
    const StateReason = stateReason(state, values, watched.alarm.Threshold);
    try {
      await this.#cloud
        .moto(CloudWatchClient)
        .send(new SetAlarmStateCommand({ AlarmName: name, StateValue: state, StateReason }));
      watched.state = state;
    } catch (error) {
      this.#cloud.log(`The state of alarm ${name} could not be set: ${(error as Error).message}`);
    }
  }

  /** One value for each evaluation period, newest first. */
  #values(alarm: MetricAlarm, now: number): (number | undefined)[] {
    const series = this.#metrics.find(alarm.MetricName ?? "", toDimensions(alarm.Dimensions));
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
