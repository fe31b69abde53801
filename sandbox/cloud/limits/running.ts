import { all, constraint, type Limit, matching, never } from "./limit.ts";

const ecs = "Amazon ECS API reference";
const functions = "AWS Lambda API reference, CreateFunction";
const lambda = "aws:lambda/function:Function";
const eventRule = "aws:cloudwatch/eventRule:EventRule";
const taskDefinition = "aws:ecs/taskDefinition:TaskDefinition";
const identifier = (member: string) => constraint(member, { min: 1, max: 255, pattern: /^[a-zA-Z0-9_-]+$/ });

/** What Lambda sets itself (AWS Lambda developer guide, "Working with Lambda environment variables"). */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/;

export const runningLimits: readonly Limit[] = [
  {
    service: "ecs",
    operations: ["CreateCluster"],
    member: "clusterName",
    from: [{ type: "aws:ecs/cluster:Cluster", property: "name", auto: true }],
    page: `${ecs}, CreateCluster`,
    code: "InvalidParameterException",
    refuse: identifier("clusterName"),
  },
  {
    service: "ecs",
    operations: ["CreateService"],
    member: "serviceName",
    from: [{ type: "aws:ecs/service:Service", property: "name", auto: true }],
    page: `${ecs}, CreateService`,
    code: "InvalidParameterException",
    refuse: identifier("serviceName"),
  },
  {
    service: "ecs",
    operations: ["RegisterTaskDefinition"],
    member: "family",
    from: [{ type: taskDefinition, property: "family" }],
    page: `${ecs}, RegisterTaskDefinition`,
    code: "ClientException",
    refuse: identifier("family"),
  },
  {
    service: "ecs",
    operations: ["RegisterTaskDefinition"],
    member: "containerDefinitions.*.name",
    page: `${ecs}, ContainerDefinition`,
    code: "ClientException",
    refuse: identifier("name"),
  },
  {
    service: "ecs",
    operations: ["RegisterTaskDefinition"],
    member: "$body",
    from: [{ type: taskDefinition, property: "containerDefinitions" }],
    page: "Amazon ECS developer guide, Amazon ECS service quotas",
    code: "ClientException",
    refuse: (value) => {
      const bytes = Buffer.byteLength(value);
      return bytes > 65_536 ? `Actual length: '${bytes}'. Max allowed length is '65536' bytes.` : undefined;
    },
  },
  {
    service: "lambda",
    operations: ["CreateFunction"],
    member: "FunctionName",
    from: [{ type: lambda, property: "name", auto: true }],
    page: functions,
    code: "ValidationException",
    refuse: constraint("functionName", { min: 1, max: 64, pattern: /^[a-zA-Z0-9-_]+$/ }),
  },
  {
    service: "lambda",
    operations: ["CreateFunction", "UpdateFunctionConfiguration"],
    member: "Description",
    from: [{ type: lambda, property: "description" }],
    page: functions,
    code: "ValidationException",
    refuse: constraint("description", { max: 256 }),
  },
  {
    service: "lambda",
    operations: ["CreateFunction", "UpdateFunctionConfiguration"],
    member: "$keys.Environment.Variables",
    from: [{ type: lambda, property: "$keys.environment.variables" }],
    page: functions,
    code: "InvalidParameterValueException",
    refuse: all(
      never(
        reservedVariables,
        (value) =>
          "Lambda was unable to configure your environment variables because the environment variables you have provided " +
          `contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${value}`,
      ),
      constraint("environment.variables", { min: 2, pattern: /^[a-zA-Z][a-zA-Z0-9_]+$/ }),
    ),
  },
  {
    service: "logs",
    operations: ["CreateLogGroup"],
    member: "logGroupName",
    from: [{ type: "aws:cloudwatch/logGroup:LogGroup", property: "name", auto: true }],
    page: "Amazon CloudWatch Logs API reference, CreateLogGroup",
    code: "InvalidParameterException",
    refuse: all(
      constraint("logGroupName", { min: 1, max: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/ }),
      never(/^aws\//, "Log groups starting with 'aws/' are reserved for AWS."),
    ),
  },
  {
    service: "monitoring",
    operations: ["PutMetricAlarm", "PutCompositeAlarm"],
    member: "AlarmName",
    from: [
      { type: "aws:cloudwatch/metricAlarm:MetricAlarm", property: "name", auto: true },
      { type: "aws:cloudwatch/compositeAlarm:CompositeAlarm", property: "alarmName" },
    ],
    page: "Amazon CloudWatch API reference, PutMetricAlarm",
    code: "ValidationError",
    refuse: all(
      constraint("alarmName", { min: 1, max: 255 }),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what CloudWatch refuses
      never(/[\u0000-\u001f\u007f]/, "The alarm name must not contain ASCII control characters"),
    ),
  },
  {
    service: "monitoring",
    operations: ["PutMetricAlarm", "PutCompositeAlarm"],
    member: "AlarmDescription",
    from: [
      { type: "aws:cloudwatch/metricAlarm:MetricAlarm", property: "alarmDescription" },
      { type: "aws:cloudwatch/compositeAlarm:CompositeAlarm", property: "alarmDescription" },
    ],
    page: "Amazon CloudWatch API reference, PutMetricAlarm",
    code: "ValidationError",
    refuse: constraint("alarmDescription", { max: 1024 }),
  },
  {
    service: "sns",
    operations: ["CreateTopic"],
    member: "Name",
    from: [{ type: "aws:sns/topic:Topic", property: "name", auto: true }],
    page: "Amazon SNS API reference, CreateTopic",
    code: "InvalidParameter",
    refuse: matching(/^[A-Za-z0-9_-]{1,256}$/, "Invalid parameter: Topic Name"),
  },
  {
    service: "application-autoscaling",
    operations: ["PutScalingPolicy"],
    member: "PolicyName",
    from: [{ type: "aws:appautoscaling/policy:Policy", property: "name", auto: true }],
    page: "Application Auto Scaling API reference, PutScalingPolicy",
    code: "ValidationException",
    refuse: constraint("policyName", { min: 1, max: 256 }),
  },
  {
    service: "codebuild",
    operations: ["CreateProject"],
    member: "name",
    from: [{ type: "aws:codebuild/project:Project", property: "name", auto: true }],
    page: "AWS CodeBuild API reference, CreateProject",
    code: "InvalidInputException",
    refuse: constraint("name", { min: 2, max: 150, pattern: /^[A-Za-z0-9][A-Za-z0-9\-_]*$/ }),
  },
  {
    service: "scheduler",
    operations: ["CreateSchedule"],
    member: "Name",
    from: [{ type: "aws:scheduler/schedule:Schedule", property: "name", auto: true }],
    page: "Amazon EventBridge Scheduler API reference, CreateSchedule",
    code: "ValidationException",
    refuse: constraint("name", { min: 1, max: 64, pattern: /^[0-9a-zA-Z-_.]+$/ }),
  },
  {
    service: "events",
    operations: ["PutRule"],
    member: "Name",
    from: [{ type: eventRule, property: "name", auto: true }],
    page: "Amazon EventBridge API reference, PutRule",
    code: "ValidationException",
    refuse: constraint("name", { min: 1, max: 64, pattern: /^[.\-_A-Za-z0-9]+$/ }),
  },
  {
    service: "events",
    operations: ["PutRule"],
    member: "EventPattern",
    from: [{ type: eventRule, property: "eventPattern" }],
    page: "Amazon EventBridge user guide, Amazon EventBridge quotas",
    code: "ValidationException",
    // 2,048 unless a raised quota was asked for.
    refuse: constraint("eventPattern", { max: 2_048 }),
  },
];
