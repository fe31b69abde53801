import type { CompositeAlarm, PutCompositeAlarmInput } from "@aws-sdk/client-cloudwatch";
import type { cloudwatch } from "@pulumi/aws";
import { type Rows, row } from "../row.ts";
import { fields, putRow } from "./shapes.ts";
import { first, must, pick, tagList, tagRecord } from "./shared.ts";

const dashboard = putRow<cloudwatch.DashboardArgs, cloudwatch.Dashboard>({
  id: "dashboardName",
  update: ["dashboardBody"],
  replace: ["dashboardName"],
  required: ["dashboardName", "dashboardBody"],
  computed: ["dashboardArn"],
  put: ({ dashboardName: DashboardName, dashboardBody: DashboardBody }, { cloudwatch }) =>
    cloudwatch.putDashboard({ DashboardName, DashboardBody }),
  read: async (id, { cloudwatch }) => {
    const found = await cloudwatch.getDashboard({ DashboardName: id });
    return { dashboardName: id, dashboardArn: found.DashboardArn, dashboardBody: found.DashboardBody };
  },
  delete: (id, { cloudwatch }) => cloudwatch.deleteDashboards({ DashboardNames: [id] }),
});

const compositeFields = fields<cloudwatch.CompositeAlarm, PutCompositeAlarmInput, CompositeAlarm>({
  alike: ["alarmName", "alarmDescription", "alarmRule", "actionsEnabled", "alarmActions", "insufficientDataActions"],
  renamed: { okActions: "OKActions" },
  lists: ["alarmActions", "okActions", "insufficientDataActions"],
});

const compositeAlarm = row<cloudwatch.CompositeAlarmArgs, cloudwatch.CompositeAlarm>({
  update: ["alarmDescription", "alarmRule", "alarmActions", "okActions", "insufficientDataActions"],
  replace: ["alarmName", "actionsEnabled"],
  required: ["alarmName", "alarmRule"],
  defaults: { actionsEnabled: true },
  computed: ["arn"],
  create: async (inputs, { cloudwatch, tags }) => {
    await cloudwatch.putCompositeAlarm({ ...compositeFields.request(inputs), Tags: tagList(tags) });
    return inputs.alarmName;
  },
  read: async (id, { cloudwatch }) => {
    const answer = await cloudwatch.describeAlarms({ AlarmNames: [id], AlarmTypes: ["CompositeAlarm"] });
    const found = first(answer.CompositeAlarms);
    if (!found) return undefined;
    const { Tags } = await cloudwatch.listTagsForResource({ ResourceARN: found.AlarmArn });
    return {
      ...compositeFields.state(found),
      arn: found.AlarmArn,
      tagsAll: tagRecord(Tags),
    };
  },
  write: async (_id, inputs, { cloudwatch }) => {
    await cloudwatch.putCompositeAlarm(compositeFields.request(inputs));
  },
  tag: (_id, tags, { cloudwatch }, { arn: ResourceARN }) =>
    cloudwatch.tagResource({ ResourceARN, Tags: tagList(tags) }),
  untag: (_id, removed, { cloudwatch }, { arn: ResourceARN }) =>
    cloudwatch.untagResource({ ResourceARN, TagKeys: removed }),
  delete: (id, { cloudwatch }) => cloudwatch.deleteAlarms({ AlarmNames: [id] }),
});

const queryDefinition = row<cloudwatch.QueryDefinitionArgs, cloudwatch.QueryDefinition>({
  update: ["name", "queryString", "logGroupNames"],
  required: ["name", "queryString"],
  computed: ["queryDefinitionId"],
  create: async ({ name, queryString, logGroupNames }, { logs }) => {
    const made = await logs.putQueryDefinition({ name, queryString, logGroupNames: logGroupNames as string[] });
    return must(made.queryDefinitionId, "queryDefinitionId");
  },
  read: async (id, { logs }) => {
    const { queryDefinitions } = await logs.describeQueryDefinitions({ maxResults: 1000 });
    const found = queryDefinitions?.find(({ queryDefinitionId }) => queryDefinitionId === id);
    return (
      found && {
        ...pick(found, "name", "queryString"),
        logGroupNames: found.logGroupNames ?? [],
        queryDefinitionId: id,
      }
    );
  },
  write: async (queryDefinitionId, { name, queryString, logGroupNames }, { logs }) => {
    await logs.putQueryDefinition({ queryDefinitionId, name, queryString, logGroupNames: logGroupNames as string[] });
  },
  delete: (queryDefinitionId, { logs }) => logs.deleteQueryDefinition({ queryDefinitionId }),
});

export const cloudwatchRows: Rows = {
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": compositeAlarm,
  "aws:cloudwatch/dashboard:Dashboard": dashboard,
  "aws:cloudwatch/queryDefinition:QueryDefinition": queryDefinition,
};
