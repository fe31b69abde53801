import type { Fixtures } from "../fixtures.ts";
import { type Case, resourcePolicy, tags } from "./case.ts";

const environment = async (f: Fixtures) => ({
  type: "MANAGED",
  computeResources: {
    type: "FARGATE",
    maxVcpus: 16,
    subnets: await f.subnets(),
    securityGroupIds: [await f.securityGroup()],
  },
});
const container = (memory: string) =>
  JSON.stringify({
    image: "example",
    command: ["--help"],
    resourceRequirements: [
      { type: "VCPU", value: "1" },
      { type: "MEMORY", value: memory },
    ],
  });
const machine = (seconds: number) =>
  JSON.stringify({
    QueryLanguage: "JSONata",
    StartAt: "Wait",
    States: { Wait: { Type: "Wait", Seconds: seconds, End: true } },
  });
const pattern = (status: string) => JSON.stringify({ source: ["aws.states"], detail: { status: [status] } });

const builds = (image: string) => ({
  ...{ type: "ARM_CONTAINER", computeType: "BUILD_GENERAL1_LARGE", imagePullCredentialsType: "SERVICE_ROLE", image },
  privilegedMode: true,
});

const cancelled = (maxTimeSeconds: number) => ({
  ...{ reason: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", state: "RUNNABLE", action: "CANCEL", maxTimeSeconds },
});

/** What the runner is made of, beside what other stacks are. */
export const runnerCases: Readonly<Record<string, Case>> = {
  "aws:batch/computeEnvironment:ComputeEnvironment": {
    inputs: async (f) => ({ ...(await environment(f)), ...tags }),
    update: async (f) => {
      const { computeResources } = await environment(f);
      return { computeResources: { ...computeResources, maxVcpus: 32 }, tags: { a: "b" } };
    },
    replace: { name: "other" },
    outputs: ["arn", "serviceRole", "status"],
  },
  "aws:batch/jobQueue:JobQueue": {
    inputs: async (f) => {
      const made = await f.make("aws:batch/computeEnvironment:ComputeEnvironment", await environment(f));
      return {
        priority: 10,
        state: "ENABLED",
        computeEnvironmentOrders: [{ order: 1, computeEnvironment: made.state["arn"] }],
        jobStateTimeLimitActions: [cancelled(600)],
        ...tags,
      };
    },
    update: { priority: 20, jobStateTimeLimitActions: [cancelled(1_800)], tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn"],
  },
  "aws:batch/jobDefinition:JobDefinition": {
    inputs: () => ({
      type: "container",
      platformCapabilities: ["FARGATE"],
      propagateTags: true,
      timeout: { attemptDurationSeconds: 600 },
      retryStrategy: { attempts: 3, evaluateOnExits: [{ action: "EXIT", onReason: "*" }] },
      containerProperties: container("2048"),
      ...tags,
    }),
    update: { containerProperties: container("4096"), timeout: { attemptDurationSeconds: 900 } },
    replace: { name: "other" },
    outputs: ["arn", "revision"],
  },
  "aws:codebuild/project:Project": {
    inputs: async (f) => ({
      serviceRole: (await f.role("codebuild.amazonaws.com")).state["arn"],
      artifacts: { type: "NO_ARTIFACTS" },
      source: { type: "S3", location: "bucket/builds/none.zip", buildspec: "version: 0.2" },
      environment: builds("example/one"),
      cache: { type: "LOCAL", modes: ["LOCAL_DOCKER_LAYER_CACHE"] },
      logsConfig: { cloudwatchLogs: { groupName: "/switchyard/runner/builds" } },
      concurrentBuildLimit: 1,
      ...tags,
    }),
    update: { environment: builds("example/two"), buildTimeout: 30, tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:sfn/stateMachine:StateMachine": {
    inputs: async (f) => ({
      definition: machine(1),
      roleArn: (await f.role("states.amazonaws.com")).state["arn"],
      tracingConfiguration: { enabled: true },
      ...tags,
    }),
    update: { definition: machine(2), tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "status"],
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": {
    inputs: () => ({ ...tags }),
    update: { tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "state"],
  },
  "aws:sqs/queue:Queue": {
    inputs: async (f) => ({
      ...{ sqsManagedSseEnabled: true, visibilityTimeoutSeconds: 180 },
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: (await f.make("aws:sqs/queue:Queue", {})).state["arn"],
        maxReceiveCount: 5,
      }),
      ...tags,
    }),
    update: {
      sqsManagedSseEnabled: false,
      visibilityTimeoutSeconds: 60,
      messageRetentionSeconds: 86_400,
      tags: { a: "b" },
    },
    replace: { name: "other" },
    outputs: ["arn", "url", "name"],
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    inputs: async (f) => ({
      queueUrl: (await f.make("aws:sqs/queue:Queue", {})).id,
      policy: resourcePolicy("sqs:SendMessage"),
    }),
    update: { policy: resourcePolicy("sqs:ReceiveMessage") },
    replace: { queueUrl: "other" },
  },
  "aws:cloudwatch/eventRule:EventRule": {
    inputs: () => ({ description: "one", eventPattern: pattern("FAILED"), ...tags }),
    update: { description: "two", eventPattern: pattern("ABORTED"), tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    inputs: async (f) => ({
      rule: (await f.make("aws:cloudwatch/eventRule:EventRule", { eventPattern: pattern("FAILED") })).id,
      arn: (await f.make("aws:sqs/queue:Queue", {})).state["arn"],
      deadLetterConfig: { arn: (await f.make("aws:sqs/queue:Queue", {})).state["arn"] },
    }),
    update: async (f) => ({ arn: (await f.make("aws:sqs/queue:Queue", {})).state["arn"] }),
    replace: { rule: "other" },
  },
};
