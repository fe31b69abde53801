import assert from "node:assert/strict";
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { request } from "undici";
import { dimensionOf } from "../../../../sandbox/cloud/metrics/balancers.ts";
import { type Balancer, createBalancer, until, useInProcessCloud } from "../alb/in-process.ts";

describe("load balancer metrics", () => {
  const cloud = useInProcessCloud();
  const watch = () => cloud().client(CloudWatchClient);
  let balancer: Balancer;
  before(async () => {
    balancer = await createBalancer(cloud());
  });
  const dimensions = () => [{ Name: "LoadBalancer", Value: dimensionOf(balancer.arn) }];
  const get = async (path: string) => {
    const answer = await request(`${balancer.url}${path}`);
    await answer.body.dump();
    return answer.statusCode;
  };
  const stateOf = async (alarm: string) =>
    (await watch().send(new DescribeAlarmsCommand({ AlarmNames: [alarm] }))).MetricAlarms?.[0]?.StateValue;
  const span = () => ({ StartTime: new Date(Date.now() - 60_000), EndTime: new Date(Date.now() + 1000) });

  it("counts requests and answers, beside metrics put by anyone", async () => {
    for (let n = 0; n < 20; n++) assert.equal(await get("/x"), 404);
    await watch().send(
      new PutMetricDataCommand({
        Namespace: "Own",
        MetricData: [{ MetricName: "Things", Value: 3, Timestamp: new Date() }],
      }),
    );
    const stat = (Namespace: string, MetricName: string, Stat: string, Dimensions = dimensions()) => ({
      Metric: { Namespace, MetricName, Dimensions },
      Period: 60,
      Stat,
    });
    const { MetricDataResults } = await watch().send(
      new GetMetricDataCommand({
        ...span(),
        MetricDataQueries: [
          { Id: "requests", MetricStat: stat("AWS/ApplicationELB", "RequestCount", "Sum") },
          { Id: "things", MetricStat: stat("Own", "Things", "Sum", []) },
          { Id: "errors", MetricStat: stat("AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count", "Sum") },
        ],
      }),
    );
    const sums = MetricDataResults?.map(({ Id, Values }) => [Id, Values?.reduce((sum, value) => sum + value, 0)]);
    assert.deepEqual(sums, [
      ["requests", 20],
      ["things", 3],
      ["errors", 20],
    ]);
    const { Datapoints } = await watch().send(
      new GetMetricStatisticsCommand({
        ...span(),
        Namespace: "AWS/ApplicationELB",
        MetricName: "RequestCount",
        Dimensions: dimensions(),
        Period: 60,
        Statistics: ["SampleCount"],
      }),
    );
    assert.equal(
      Datapoints?.reduce((sum, point) => sum + (point.SampleCount ?? 0), 0),
      20,
    );
    const { Metrics } = await watch().send(new ListMetricsCommand({ Namespace: "AWS/ApplicationELB" }));
    assert.ok(Metrics?.some(({ MetricName }) => MetricName === "HTTPCode_ELB_404_Count") === false);
    assert.ok(Metrics?.some(({ MetricName }) => MetricName === "RequestCount"));
  });

  it("refuses metric math over its metrics, in words", async () => {
    const command = new GetMetricDataCommand({
      ...span(),
      MetricDataQueries: [
        {
          Id: "m",
          MetricStat: {
            Metric: { Namespace: "AWS/ApplicationELB", MetricName: "RequestCount" },
            Period: 60,
            Stat: "Sum",
          },
        },
        { Id: "e", Expression: "m * 2" },
      ],
    });
    await assert.rejects(watch().send(command), /The sandbox lacks metric math/);
  });

  it("lets an alarm on a sign of life fire when none comes, and end with the next", async () => {
    await watch().send(
      new PutMetricAlarmCommand({
        AlarmName: "silence",
        Namespace: "Own",
        MetricName: "Signs",
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 2,
        DatapointsToAlarm: 2,
        Threshold: 1,
        ComparisonOperator: "LessThanThreshold",
        TreatMissingData: "breaching",
      }),
    );
    const state = () => stateOf("silence");
    await until("ALARM: there never was one", async () => (await state()) === "ALARM");
    const MetricData = [{ MetricName: "Signs", Value: 1 }];
    await watch().send(new PutMetricDataCommand({ Namespace: "Other", MetricData }));
    assert.equal(await state(), "ALARM");
    await watch().send(new PutMetricDataCommand({ Namespace: "Own", MetricData }));
    await until("OK: there is one", async () => (await state()) === "OK");
    await until("ALARM: it was the last", async () => (await state()) === "ALARM");
  });

  it("puts alarms in the state the data gives them, and back", async () => {
    await watch().send(
      new PutMetricAlarmCommand({
        AlarmName: "errors",
        Namespace: "AWS/ApplicationELB",
        MetricName: "HTTPCode_ELB_4XX_Count",
        Dimensions: dimensions(),
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "notBreaching",
      }),
    );
    const state = () => stateOf("errors");
    await until("OK", async () => (await state()) === "OK");
    for (let n = 0; n < 10; n++) await get("/x");
    await until("ALARM", async () => (await state()) === "ALARM");
    await until("OK again", async () => (await state()) === "OK");
  });

  it("puts an alarm of others in their state, and forgets it with its tags", async () => {
    const composite = { AlarmName: "any", AlarmRule: 'ALARM("errors") OR ALARM("nothing")' };
    const Tags = [{ Key: "a", Value: "b" }];
    await watch().send(new PutCompositeAlarmCommand({ ...composite, Tags }));
    const found = async () =>
      (await watch().send(new DescribeAlarmsCommand({ AlarmNames: ["any"], AlarmTypes: ["CompositeAlarm"] })))
        .CompositeAlarms?.[0];
    assert.equal((await found())?.StateValue, "OK");
    const ResourceARN = (await found())?.AlarmArn;
    assert.deepEqual((await watch().send(new ListTagsForResourceCommand({ ResourceARN }))).Tags, Tags);
    for (let n = 0; n < 10; n++) await get("/x");
    await until("ALARM", async () => (await found())?.StateValue === "ALARM");
    const other = new PutCompositeAlarmCommand({ ...composite, AlarmRule: 'NOT ALARM("errors")' });
    await assert.rejects(watch().send(other), /The sandbox lacks alarm rules other than/);
    await watch().send(new DeleteAlarmsCommand({ AlarmNames: ["any"] }));
    assert.equal(await found(), undefined);
  });

  it("gives an alarm without data INSUFFICIENT_DATA at once", async () => {
    await watch().send(
      new PutMetricAlarmCommand({
        AlarmName: "nothing",
        Namespace: "AWS/ApplicationELB",
        MetricName: "TargetResponseTime",
        Dimensions: dimensions(),
        ExtendedStatistic: "p99",
        Period: 60,
        EvaluationPeriods: 2,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    const { MetricAlarms } = await watch().send(new DescribeAlarmsCommand({ AlarmNames: ["nothing"] }));
    assert.equal(MetricAlarms?.[0]?.StateValue, "INSUFFICIENT_DATA");
  });

  it("lists the last requests", async () => {
    await get("/remember?x=1");
    const answer = await request(`${cloud().endpoint}/_switchyard/requests?path=/remember`);
    const found = (await answer.body.json()) as { method: string; status: number; loadBalancer: string }[];
    assert.deepEqual(
      found.map(({ method, status, loadBalancer }) => ({ method, status, loadBalancer })),
      [{ method: "GET", status: 404, loadBalancer: balancer.arn }],
    );
  });
});
