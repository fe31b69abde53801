import type { Domain, Fault } from "./types.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const service = "aws:ecs/service:Service";
const cluster = "aws:ecs/cluster:Cluster";
const fn = "aws:lambda/function:Function";
const permission = "aws:lambda/permission:Permission";
const digest = `123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard/web@sha256:${"0a".repeat(32)}`;

const container = {
  name: "web",
  image: digest,
  user: "65532:65532",
  readonlyRootFilesystem: true,
  environment: [
    { name: "PORT", value: "8080" },
    { name: "RELEASE", value: "0123456789ab" },
    { name: "MASTER_SECRET_ARN", value: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds-master-AbCdEf" },
  ],
  secrets: [
    {
      name: "DATABASE_PASSWORD",
      valueFrom: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf:password::",
    },
  ],
  logConfiguration: { logDriver: "awslogs", options: {} },
};

function contains(rule: string, change: Record<string, unknown>): Fault {
  return {
    rule,
    type: task,
    change: { containerDefinitions: JSON.stringify([container, { ...container, ...change }]) },
  };
}

function variable(rule: string, name: string, value: string): Fault {
  return contains(rule, { environment: [{ name, value }] });
}

export const compute: Domain = {
  good: {
    [task]: {
      props: {
        family: "web",
        networkMode: "awsvpc",
        executionRoleArn: "arn:execution",
        taskRoleArn: "arn:task",
        containerDefinitions: JSON.stringify([container]),
      },
    },
    [service]: {
      props: {
        platformVersion: "LATEST",
        networkConfiguration: { subnets: ["subnet-1"], assignPublicIp: false },
        deploymentCircuitBreaker: { enable: true, rollback: true },
      },
    },
    "aws:ecs/taskSet:TaskSet": { props: { networkConfiguration: { subnets: ["subnet-1"], assignPublicIp: false } } },
    [cluster]: {
      props: {
        settings: [{ name: "containerInsights", value: "enabled" }],
        configuration: { executeCommandConfiguration: { logging: "DEFAULT" } },
      },
    },
    [fn]: {
      props: {
        packageType: "Zip",
        runtime: "nodejs24.x",
        environment: {
          variables: {
            DATABASE_NAME: "switchyard",
            APP_SECRET_ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf",
          },
        },
        vpcConfig: { subnetIds: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] },
        tracingConfig: { mode: "Active" },
        reservedConcurrentExecutions: 1,
        deadLetterConfig: { targetArn: "arn" },
      },
    },
    "aws:lambda/functionUrl:FunctionUrl": { props: { authorizationType: "AWS_IAM" } },
    [permission]: {
      props: { principal: "events.amazonaws.com", sourceArn: "arn:aws:events:us-east-1:123456789012:rule/a" },
    },
  },
  faults: [
    { rule: "ecs-own-processes", type: task, change: { pidMode: "host" } },
    { rule: "ecs-no-host-files", type: task, change: { volumes: [{ name: "logs", hostPath: "/var/log" }] } },
    {
      rule: "ecs-efs-encrypted",
      type: task,
      change: { volumes: [{ name: "files", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] },
    },
    {
      rule: "ecs-service-private",
      type: service,
      change: { networkConfiguration: { subnets: ["subnet-1"], assignPublicIp: true } },
    },
    {
      rule: "ecs-task-set-private",
      type: "aws:ecs/taskSet:TaskSet",
      change: { networkConfiguration: { subnets: ["subnet-1"], assignPublicIp: true } },
    },
    contains("ecs-not-privileged", { privileged: true }),
    { rule: "ecs-not-privileged", type: task, change: { containerDefinitions: "[{ broken" } },
    contains("ecs-read-only-root", { readonlyRootFilesystem: false }),
    variable("ecs-no-credentials-in-environment", "AWS_SECRET_ACCESS_KEY", "hunter22-canary"),
    variable("ecs-no-plaintext-secrets", "DATABASE_PASSWORD", "hunter22-canary"),
    variable("ecs-no-plaintext-secrets", "DATABASE_URL", "postgres://app:hunter22-canary@db.internal/app"),
    variable("ecs-no-plaintext-secrets", "SETTING", "AKIAIOSFODNN7EXAMPLE"),
    variable("ecs-no-plaintext-secrets", "SETTING", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12"),
    contains("ecs-logging", { logConfiguration: undefined }),
    contains("ecs-not-root", { user: undefined }),
    contains("ecs-not-root", { user: "0:0" }),
    { rule: "ecs-distinct-roles", type: task, change: { taskRoleArn: "arn:execution" } },
    contains("ecs-image-by-digest", { image: "web:latest" }),
    { rule: "ecs-awsvpc", type: task, change: { networkMode: "bridge" } },
    { rule: "ecs-latest-platform", type: service, change: { platformVersion: "1.3.0" } },
    {
      rule: "ecs-container-insights",
      type: cluster,
      change: { settings: [{ name: "containerInsights", value: "disabled" }] },
    },
    {
      rule: "ecs-exec-logged",
      type: cluster,
      change: { configuration: { executeCommandConfiguration: { logging: "NONE" } } },
    },
    {
      rule: "ecs-circuit-breaker",
      type: service,
      change: { deploymentCircuitBreaker: { enable: true, rollback: false } },
    },
    { rule: "lambda-not-public", type: permission, change: { principal: "*", sourceArn: undefined } },
    { rule: "lambda-supported-runtime", type: fn, change: { runtime: "nodejs16.x" } },
    {
      rule: "lambda-no-hardcoded-secrets",
      type: fn,
      change: { environment: { variables: { API_TOKEN: "hunter22-canary" } } },
    },
    {
      rule: "lambda-url-authenticated",
      type: "aws:lambda/functionUrl:FunctionUrl",
      change: { authorizationType: "NONE" },
    },
    { rule: "lambda-permission-source", type: permission, change: { sourceArn: undefined } },
    { rule: "lambda-in-vpc", type: fn, change: { vpcConfig: undefined } },
    {
      rule: "lambda-several-zones",
      type: fn,
      change: { vpcConfig: { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] } },
    },
    { rule: "lambda-traced", type: fn, change: { tracingConfig: undefined } },
    { rule: "lambda-own-concurrency", type: fn, change: { reservedConcurrentExecutions: -1 } },
    { rule: "lambda-dead-letters", type: fn, change: { deadLetterConfig: undefined } },
  ],
};
