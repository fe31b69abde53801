import assert from "node:assert/strict";
import { runnerAlarms } from "../../../../../programs/components/runner/watch/alarms.ts";
import { runnerDashboard } from "../../../../../programs/components/runner/watch/dashboard.ts";

const parts = {
  region: "eu-west-1",
  machineArns: [{ machine: "plan", arn: "arn:plan" }],
  queueNames: { status: "status", dead: "dead", schedules: "schedules" },
  notifierName: "notifier",
  alarmArns: ["arn:alarm"],
};

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly metrics?: readonly (readonly unknown[])[]; readonly alarms?: readonly string[] };
}
const widgetsOf = (given: Parameters<typeof runnerDashboard>[0]) =>
  (JSON.parse(runnerDashboard(given)) as { widgets: readonly Widget[] }).widgets;

describe("what looks after the runner", () => {
  it("is in alarm for what ends as it should not", () => {
    const alarms = runnerAlarms(true);
    assert.deepEqual(
      alarms.map(({ suffix }) => suffix),
      [
        ...["plan-apply-failed", "merge-failed", "ephemeral-failed"],
        ...["dead-letters", "not-started", "oldest-message", "notifier-errors"],
      ],
    );
  });

  it("is not in alarm for messages that nobody is there to read", () => {
    const suffixes = runnerAlarms(false).map(({ suffix }) => suffix);
    assert.ok(!suffixes.includes("oldest-message") && !suffixes.includes("notifier-errors"));
  });

  it("has a page whose widgets stand beside each other, each with a figure of it", () => {
    const widgets = widgetsOf(parts);
    assert.deepEqual(widgets[0]?.properties.alarms, ["arn:alarm"]);
    for (const [index, one] of widgets.entries())
      for (const other of widgets.slice(index + 1))
        assert.ok(
          one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y ||
            other.y + other.height <= one.y,
          `${index}`,
        );
    assert.ok(widgets.every(({ type, properties }) => type === "alarm" || (properties.metrics ?? []).length > 0));
  });

  it("shows nothing of a notifier that is not there", () => {
    assert.ok(!JSON.stringify(widgetsOf({ ...parts, notifierName: undefined })).includes("AWS/Lambda"));
  });
});
