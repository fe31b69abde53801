import type { LoggingConfiguration } from "@aws-sdk/client-sfn";
import type { scheduler, sfn } from "@pulumi/aws";
import { type In, type Rows, row } from "../row.ts";
import { must, tagList, tagRecord } from "./shared.ts";

type Machine = In<sfn.StateMachineArgs>;

const lowerTags = (tags: Record<string, string>) => Object.entries(tags).map(([key, value]) => ({ key, value }));

const loggingOf = (logging: Machine["loggingConfiguration"]): LoggingConfiguration => ({
  level: (logging?.level ?? "OFF") as "OFF",
  includeExecutionData: logging?.includeExecutionData ?? false,
  ...(logging?.logDestination && {
    destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logging.logDestination } }],
  }),
});

const stateMachine = row<sfn.StateMachineArgs, sfn.StateMachine>({
  update: ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"],
  replace: ["name", "type"],
  required: ["definition", "roleArn"],
  autoName: { key: "name", max: 80 },
  defaults: { type: "STANDARD" },
  computed: ["arn", "creationDate", "status"],
  create: async ({ name, type, definition, roleArn, loggingConfiguration, tracingConfiguration }, { sfn, tags }) => {
    const made = await sfn.createStateMachine({
      name,
      type: type as "STANDARD",
      definition,
      roleArn,
      loggingConfiguration: loggingOf(loggingConfiguration),
      tracingConfiguration: { enabled: tracingConfiguration?.enabled ?? false },
      tags: lowerTags(tags),
    });
    return must(made.stateMachineArn, "stateMachineArn");
  },
  read: async (stateMachineArn, { sfn }) => {
    const found = await sfn.describeStateMachine({ stateMachineArn });
    const { tags } = await sfn.listTagsForResource({ resourceArn: stateMachineArn });
    const { level, includeExecutionData, destinations } = found.loggingConfiguration ?? {};
    return {
      arn: stateMachineArn,
      name: found.name,
      type: found.type,
      status: found.status,
      definition: found.definition,
      roleArn: found.roleArn,
      creationDate: found.creationDate?.toISOString(),
      loggingConfiguration: {
        level,
        includeExecutionData,
        logDestination: destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn,
      },
      tracingConfiguration: { enabled: found.tracingConfiguration?.enabled },
      tagsAll: tagRecord(tags?.map(({ key, value }) => ({ Key: key, Value: value }))),
    };
  },
  write: async (stateMachineArn, inputs, { sfn }) => {
    await sfn.updateStateMachine({
      stateMachineArn,
      definition: inputs.definition,
      roleArn: inputs.roleArn,
      loggingConfiguration: loggingOf(inputs.loggingConfiguration),
      tracingConfiguration: { enabled: inputs.tracingConfiguration?.enabled ?? false },
    });
  },
  tag: (resourceArn, tags, { sfn }) => sfn.tagResource({ resourceArn, tags: lowerTags(tags) }),
  untag: (resourceArn, tagKeys, { sfn }) => sfn.untagResource({ resourceArn, tagKeys }),
  delete: (stateMachineArn, { sfn }) => sfn.deleteStateMachine({ stateMachineArn }),
});

const scheduleGroup = row<scheduler.ScheduleGroupArgs, scheduler.ScheduleGroup>({
  replace: ["name"],
  autoName: { key: "name", max: 64 },
  computed: ["arn", "creationDate", "lastModificationDate", "state"],
  create: async ({ name }, { scheduler, tags }) => {
    await scheduler.createScheduleGroup({ Name: name, Tags: tagList(tags) });
    return must(name, "the group's name");
  },
  read: async (id, { scheduler }) => {
    const found = await scheduler.getScheduleGroup({ Name: id });
    const { Tags } = await scheduler.listTagsForResource({ ResourceArn: found.Arn });
    return {
      arn: found.Arn,
      name: id,
      state: found.State,
      creationDate: found.CreationDate?.toISOString(),
      lastModificationDate: found.LastModificationDate?.toISOString(),
      tagsAll: tagRecord(Tags),
    };
  },
  tag: (_id, tags, { scheduler }, { arn: ResourceArn }) => scheduler.tagResource({ ResourceArn, Tags: tagList(tags) }),
  untag: (_id, TagKeys, { scheduler }, { arn: ResourceArn }) => scheduler.untagResource({ ResourceArn, TagKeys }),
  delete: async (Name, { scheduler }) => {
    // moto fails to delete what is not there, and says of it what AWS does where it is asked for it.
    await scheduler.getScheduleGroup({ Name });
    await scheduler.deleteScheduleGroup({ Name });
  },
});

export const statesRows: Rows = {
  "aws:sfn/stateMachine:StateMachine": stateMachine,
  "aws:scheduler/scheduleGroup:ScheduleGroup": scheduleGroup,
};
