/** What moto lacks of CloudWatch: alarms that fire while any of others does. */
import {
  CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  paginateDescribeAlarms,
  type StateValue,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { awsError, type CloudContext } from "../handlers.ts";
import { Tags } from "../organization/tags.ts";

interface Place {
  readonly account: string;
  readonly region: string;
}

const arnOf = ({ region, account }: Place, name = "") => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

/** The alarms a rule names; only those that are joined by OR. */
export function alarmsOf(rule = ""): readonly string[] {
  const parts = rule.split(/\s+OR\s+/).map((part) => /^ALARM\("([^"]+)"\)$/.exec(part.trim())?.[1]);
  if (parts.every((part) => part !== undefined)) return parts;
  throw awsError(
    "NotImplementedInSandbox",
    `The sandbox lacks alarm rules other than ALARM("…") OR ALARM("…"): ${rule}`,
  );
}

export class CompositeAlarms {
  readonly #alarms = new Map<string, CompositeAlarm>();
  readonly #tags = new Tags();

  install(cloud: CloudContext): void {
    cloud.handle(PutCompositeAlarmCommand, ({ Tags: tags, ...input }, call) => {
      const AlarmArn = arnOf(call, input.AlarmName);
      alarmsOf(input.AlarmRule);
      if (!this.#alarms.has(AlarmArn)) this.#tags.set(AlarmArn, tags as never);
      this.#alarms.set(AlarmArn, { ActionsEnabled: true, ...input, AlarmArn });
      return {};
    });
    cloud.handle(DescribeAlarmsCommand, async (input, call) => {
      const { AlarmTypes = ["MetricAlarm"], AlarmNames, AlarmNamePrefix = "" } = input;
      const answer = AlarmTypes.includes("MetricAlarm") ? await call.toMoto() : {};
      if (!AlarmTypes.includes("CompositeAlarm")) return answer;
      const here = [...this.#alarms.values()].filter(
        ({ AlarmArn, AlarmName = "" }) =>
          AlarmArn === arnOf(call, AlarmName) &&
          (AlarmNames?.includes(AlarmName) ?? true) &&
          AlarmName.startsWith(AlarmNamePrefix),
      );
      if (here.length === 0) return { ...answer, CompositeAlarms: [] };
      const firing = new Set<string>();
      const pages = paginateDescribeAlarms({ client: call.moto(CloudWatchClient) }, { StateValue: "ALARM" });
      for await (const { MetricAlarms = [] } of pages)
        for (const { AlarmName = "" } of MetricAlarms) firing.add(AlarmName);
      const stateOf = ({ AlarmRule }: CompositeAlarm): StateValue =>
        alarmsOf(AlarmRule).some((name) => firing.has(name)) ? "ALARM" : "OK";
      return { ...answer, CompositeAlarms: here.map((one) => ({ ...one, StateValue: stateOf(one) })) };
    });
    cloud.handle(ListTagsForResourceCommand, ({ ResourceARN = "" }, call) =>
      this.#alarms.has(ResourceARN) ? { Tags: this.#tags.of(ResourceARN) as never } : call.toMoto(),
    );
    cloud.handle(TagResourceCommand, ({ ResourceARN = "", Tags: tags }, call) =>
      this.#alarms.has(ResourceARN) ? this.#tags.add(ResourceARN, tags as never) : call.toMoto(),
    );
    cloud.handle(UntagResourceCommand, ({ ResourceARN = "", TagKeys }, call) =>
      this.#alarms.has(ResourceARN) ? this.#tags.remove(ResourceARN, TagKeys) : call.toMoto(),
    );
    cloud.onReset(() => {
      this.#alarms.clear();
      this.#tags.clear();
    });
  }

  /** The names that were of no composite alarm. */
  delete(place: Place, names: readonly string[]): string[] {
    return names.filter((name) => !this.#alarms.delete(arnOf(place, name)));
  }
}
