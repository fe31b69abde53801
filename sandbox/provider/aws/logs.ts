import type { cloudwatch } from "@pulumi/aws";
import { type In, type Rows, row } from "../row.ts";
import { asJson, first, must, tagList, tagRecord } from "./shared.ts";

const logGroup = row<cloudwatch.LogGroupArgs, cloudwatch.LogGroup>({
  update: ["retentionInDays", "kmsKeyId", "skipDestroy"],
  replace: ["name", "logGroupClass"],
  autoName: { key: "name", max: 512 },
  defaults: { retentionInDays: 0, skipDestroy: false },
  computed: ["arn", "logGroupClass"],
  create: async (inputs, { logs, tags, created }) => {
    const { name: logGroupName, kmsKeyId, retentionInDays } = inputs;
    await logs.createLogGroup({
      logGroupName,
      kmsKeyId,
      logGroupClass: inputs.logGroupClass as "STANDARD" | undefined,
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    const id = created(must(logGroupName, "the log group's name"));
    if (retentionInDays) await logs.putRetentionPolicy({ logGroupName, retentionInDays });
    return id;
  },
  read: async (id, { logs }) => {
    const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: id });
    const found = logGroups?.find(({ logGroupName }) => logGroupName === id);
    if (!found) return undefined;
    const arn = found.arn?.replace(/:\*$/, "");
    const { tags } = await logs.listTagsForResource({ resourceArn: arn });
    return {
      arn,
      name: id,
      retentionInDays: found.retentionInDays ?? 0,
      kmsKeyId: found.kmsKeyId,
      logGroupClass: found.logGroupClass ?? "STANDARD",
      tagsAll: tags ?? {},
    };
  },
  write: async (id, { retentionInDays, kmsKeyId }, { logs }, { changed }) => {
    const logGroupName = id;
    if (changed("retentionInDays")) {
      if (retentionInDays) await logs.putRetentionPolicy({ logGroupName, retentionInDays });
      else await logs.deleteRetentionPolicy({ logGroupName });
    }
    if (!changed("kmsKeyId")) return;
    if (kmsKeyId) await logs.associateKmsKey({ logGroupName, kmsKeyId });
    else await logs.disassociateKmsKey({ logGroupName });
  },
  tag: async (_id, tags, removed, { logs }, { arn: resourceArn }) => {
    if (removed.length > 0) await logs.untagResource({ resourceArn, tagKeys: removed });
    if (Object.keys(tags).length > 0) await logs.tagResource({ resourceArn, tags });
  },
  delete: async (id, { logs }, { skipDestroy }) => {
    if (!skipDestroy) await logs.deleteLogGroup({ logGroupName: id });
  },
});

const logResourcePolicy = row<cloudwatch.LogResourcePolicyArgs, cloudwatch.LogResourcePolicy>({
  update: ["policyDocument"],
  replace: ["policyName"],
  computed: [],
  create: async ({ policyName, policyDocument }, { logs }) => {
    await logs.putResourcePolicy({ policyName, policyDocument: asJson(policyDocument) });
    return must(policyName, "the policy's name");
  },
  read: async (id, { logs }) => {
    const { resourcePolicies } = await logs.describeResourcePolicies({});
    const found = resourcePolicies?.find(({ policyName }) => policyName === id);
    return found && { policyName: id, policyDocument: found.policyDocument };
  },
  write: async (policyName, { policyDocument }, { logs }) => {
    await logs.putResourcePolicy({ policyName, policyDocument: asJson(policyDocument) });
  },
  delete: (policyName, { logs }) => logs.deleteResourcePolicy({ policyName }),
});

type Alarm = In<cloudwatch.MetricAlarmArgs>;

const alarm = (inputs: Alarm) => ({
  AlarmName: inputs.name,
  AlarmDescription: inputs.alarmDescription,
  ActionsEnabled: inputs.actionsEnabled,
  AlarmActions: inputs.alarmActions as string[] | undefined,
  OKActions: inputs.okActions as string[] | undefined,
  InsufficientDataActions: inputs.insufficientDataActions as string[] | undefined,
  ComparisonOperator: inputs.comparisonOperator as "GreaterThanThreshold",
  EvaluationPeriods: inputs.evaluationPeriods,
  DatapointsToAlarm: inputs.datapointsToAlarm,
  Threshold: inputs.threshold,
  TreatMissingData: inputs.treatMissingData,
  Unit: inputs.unit as "Count" | undefined,
  ...(!inputs.metricQueries && {
    Namespace: inputs.namespace,
    MetricName: inputs.metricName,
    Dimensions: Object.entries(inputs.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
    Period: inputs.period,
    Statistic: inputs.statistic as "Sum" | undefined,
    ExtendedStatistic: inputs.extendedStatistic,
  }),
  Metrics: inputs.metricQueries?.map(({ metric, ...query }) => ({
    Id: query.id,
    Expression: query.expression,
    Label: query.label,
    ReturnData: query.returnData ?? false,
    Period: query.period,
    ...(metric && {
      MetricStat: {
        Metric: {
          Namespace: metric.namespace,
          MetricName: metric.metricName,
          Dimensions: Object.entries(metric.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
        },
        Period: metric.period,
        Stat: metric.stat,
        Unit: metric.unit as "Count" | undefined,
      },
    }),
  })),
});

const metricAlarm = row<cloudwatch.MetricAlarmArgs, cloudwatch.MetricAlarm>({
  update: [
    "alarmDescription",
    "actionsEnabled",
    "alarmActions",
    "okActions",
    "insufficientDataActions",
    "comparisonOperator",
    "evaluationPeriods",
    "datapointsToAlarm",
    "threshold",
    "treatMissingData",
    "unit",
    "namespace",
    "metricName",
    "dimensions",
    "period",
    "statistic",
    "extendedStatistic",
    "metricQueries",
  ],
  replace: ["name"],
  required: ["comparisonOperator", "evaluationPeriods"],
  autoName: { key: "name", max: 255 },
  defaults: { actionsEnabled: true, treatMissingData: "missing" },
  exact: ["dimensions"],
  computed: ["arn"],
  create: async (inputs, { cloudwatch, tags }) => {
    await cloudwatch.putMetricAlarm({ ...alarm(inputs), ...(Object.keys(tags).length > 0 && { Tags: tagList(tags) }) });
    return must(inputs.name, "the alarm's name");
  },
  read: async (id, { cloudwatch }) => {
    const found = first(
      (await cloudwatch.describeAlarms({ AlarmNames: [id], AlarmTypes: ["MetricAlarm"] })).MetricAlarms,
    );
    if (!found) return undefined;
    const { Tags } = await cloudwatch.listTagsForResource({ ResourceARN: found.AlarmArn });
    return {
      arn: found.AlarmArn,
      name: found.AlarmName,
      alarmDescription: found.AlarmDescription,
      actionsEnabled: found.ActionsEnabled,
      alarmActions: found.AlarmActions ?? [],
      okActions: found.OKActions ?? [],
      insufficientDataActions: found.InsufficientDataActions ?? [],
      comparisonOperator: found.ComparisonOperator,
      evaluationPeriods: found.EvaluationPeriods,
      ...(found.DatapointsToAlarm && { datapointsToAlarm: found.DatapointsToAlarm }),
      threshold: found.Threshold,
      treatMissingData: found.TreatMissingData ?? "missing",
      ...(!found.Metrics?.length && {
        namespace: found.Namespace,
        metricName: found.MetricName,
        dimensions: Object.fromEntries((found.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
        period: found.Period,
        statistic: found.Statistic,
        extendedStatistic: found.ExtendedStatistic,
      }),
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (_id, inputs, { cloudwatch }) => {
    await cloudwatch.putMetricAlarm(alarm(inputs));
  },
  tag: async (_id, tags, removed, { cloudwatch }, { arn: ResourceARN }) => {
    if (removed.length > 0) await cloudwatch.untagResource({ ResourceARN, TagKeys: removed });
    if (Object.keys(tags).length > 0) await cloudwatch.tagResource({ ResourceARN, Tags: tagList(tags) });
  },
  delete: (id, { cloudwatch }) => cloudwatch.deleteAlarms({ AlarmNames: [id] }),
});

export const logsRows: Rows = {
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": logResourcePolicy,
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
};
