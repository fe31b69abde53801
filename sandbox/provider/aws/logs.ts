import type { MetricAlarm, PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import type { cloudwatch } from "@pulumi/aws";
import { type In, type Rows, row } from "../row.ts";
import { fields, putRow } from "./shapes.ts";
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
  tag: (_id, tags, { logs }, { arn: resourceArn }) => logs.tagResource({ resourceArn, tags }),
  untag: (_id, removed, { logs }, { arn: resourceArn }) => logs.untagResource({ resourceArn, tagKeys: removed }),
  delete: async (id, { logs }, { skipDestroy }) => {
    if (!skipDestroy) await logs.deleteLogGroup({ logGroupName: id });
  },
});

const logResourcePolicy = putRow<cloudwatch.LogResourcePolicyArgs, cloudwatch.LogResourcePolicy>({
  id: "policyName",
  update: ["policyDocument"],
  replace: ["policyName"],
  put: ({ policyName, policyDocument }, { logs }) =>
    logs.putResourcePolicy({ policyName, policyDocument: asJson(policyDocument) }),
  read: async (id, { logs }) => {
    const { resourcePolicies } = await logs.describeResourcePolicies({});
    const found = resourcePolicies?.find(({ policyName }) => policyName === id);
    return found && { policyName: id, policyDocument: found.policyDocument };
  },
  delete: (policyName, { logs }) => logs.deleteResourcePolicy({ policyName }),
});

type Alarm = In<cloudwatch.MetricAlarmArgs>;

/** What an alarm on a metric and an alarm on an expression have alike. */
const alarmFields = fields<cloudwatch.MetricAlarm, PutMetricAlarmInput, MetricAlarm>({
  alike: [
    ...(["alarmDescription", "actionsEnabled", "alarmActions", "insufficientDataActions"] as const),
    ...(["comparisonOperator", "evaluationPeriods", "threshold", "treatMissingData"] as const),
  ],
  renamed: { name: "AlarmName", okActions: "OKActions" },
  lists: ["alarmActions", "okActions", "insufficientDataActions"],
});
const metricFields = fields<cloudwatch.MetricAlarm, PutMetricAlarmInput, MetricAlarm>({
  alike: ["namespace", "metricName", "period", "statistic", "extendedStatistic"],
});

const alarm = (inputs: Alarm) => ({
  ...alarmFields.request(inputs),
  DatapointsToAlarm: inputs.datapointsToAlarm,
  Unit: inputs.unit as "Count" | undefined,
  ...(!inputs.metricQueries && {
    ...metricFields.request(inputs),
    Dimensions: Object.entries(inputs.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
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
      ...alarmFields.state(found),
      arn: found.AlarmArn,
      ...(found.DatapointsToAlarm && { datapointsToAlarm: found.DatapointsToAlarm }),
      treatMissingData: found.TreatMissingData ?? "missing",
      ...(!found.Metrics?.length && {
        ...metricFields.state(found),
        dimensions: Object.fromEntries((found.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
      }),
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (_id, inputs, { cloudwatch }) => {
    await cloudwatch.putMetricAlarm(alarm(inputs));
  },
  tag: (_id, tags, { cloudwatch }, { arn: ResourceARN }) =>
    cloudwatch.tagResource({ ResourceARN, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { cloudwatch }, { arn: ResourceARN }) => cloudwatch.untagResource({ ResourceARN, TagKeys }),
  delete: (id, { cloudwatch }) => cloudwatch.deleteAlarms({ AlarmNames: [id] }),
});

export const logsRows: Rows = {
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": logResourcePolicy,
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
};
