import type { Found } from "./types.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const job = "aws:batch/jobDefinition:JobDefinition";
const project = "aws:codebuild/project:Project";
const hidden = ["ecs-no-plaintext-secrets"];

/** A container nothing is wrong with. */
const sound = {
  name: "web",
  image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:${"0a".repeat(32)}`,
  user: "65532:65532",
  readonlyRootFilesystem: true,
  logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "/web" } },
};

function container(what: string, change: Record<string, unknown>, rules?: readonly string[]): Found {
  return {
    what: `ecs ${what}`,
    type: task,
    props: { networkMode: "awsvpc", containerDefinitions: JSON.stringify([{ ...sound, ...change }]) },
    ...(rules === undefined ? {} : { rules }),
  };
}

function definition(what: string, change: Record<string, unknown>, rules: readonly string[]): Found {
  const props = { networkMode: "awsvpc", containerDefinitions: JSON.stringify([sound]), ...change };
  return { what: `ecs ${what}`, type: task, props, rules };
}

function batch(what: string, props: Record<string, unknown>, rules: readonly string[]): Found {
  return { what: `batch ${what}`, type: job, props: { type: "container", ...props }, rules };
}

function build(what: string, props: Record<string, unknown>, rules?: readonly string[]): Found {
  return {
    what: `codebuild ${what}`,
    type: project,
    props: { artifacts: { type: "NO_ARTIFACTS" }, environment: {}, source: { type: "NO_SOURCE" }, ...props },
    ...(rules === undefined ? {} : { rules }),
  };
}

const privileged = ["batch-not-privileged"];
const jobSecret = ["batch-no-plaintext-secrets"];
const secret = [{ name: "DB_PASSWORD", value: "hunter22" }];
const script = (text: string) => `#!/bin/bash\nset -e\n${text}\n`;
const machine = (
  what: string,
  props: Record<string, unknown>,
  rules?: readonly string[],
  type = "Instance",
): Found => ({
  what: `ec2 ${what}`,
  type: `aws:ec2/${type[0]?.toLowerCase()}${type.slice(1)}:${type}`,
  props: { metadataOptions: { httpTokens: "required" }, ...props },
  ...(rules === undefined ? {} : { rules }),
});

const started = (what: string, step: object, secret: boolean): Found => ({
  what: `state machine ${what}`,
  type: "aws:sfn/stateMachine:StateMachine",
  props: {
    definition: JSON.stringify({ StartAt: "Run", States: { Run: { Type: "Task", End: true, ...step } } }),
    loggingConfiguration: { level: "ALL", includeExecutionData: true, logDestination: "arn" },
  },
  ...(secret ? { rules: ["task-inputs-no-plaintext-secrets"] } : {}),
});
const overrides = (override: object) => ({ Parameters: { Overrides: { ContainerOverrides: [override] } } });

/** What starts tasks, with what they are given. */
const startedWith: readonly Found[] = [
  started("a variable", overrides({ Environment: [{ Name: "DB_PASSWORD", Value: "hunter22" }] }), true),
  started("a command", overrides({ Command: ["serve", "--password", "hunter22"] }), true),
  started("a value by name", { Arguments: { apiToken: "abcdef123" } }, true),
  started(
    "a value from the input",
    { Parameters: { "password.$": "$.password", "TaskToken.$": "$$.Task.Token" } },
    false,
  ),
  started("a value an expression computes", { Arguments: { Password: "{% $states.input.password %}" } }, false),
  started("the name of a secret", { Arguments: { SecretId: "production/database", ResultPath: "$.x" } }, false),
  {
    what: "schedule with a password",
    type: "aws:scheduler/schedule:Schedule",
    props: { target: { arn: "arn", roleArn: "arn", input: JSON.stringify({ password: "hunter22" }) } },
    rules: ["task-inputs-no-plaintext-secrets"],
  },
  {
    what: "event target with a template",
    type: "aws:cloudwatch/eventTarget:EventTarget",
    props: {
      inputTransformer: { inputPaths: { t: "$.detail.token" }, inputTemplate: '{"token": "<t>", "kind": "deploy"}' },
    },
  },
];

export const workloads: readonly Found[] = [
  container("environment with Name/Value", { Environment: [{ Name: "DB_PASSWORD", Value: "hunter22" }] }, hidden),
  container("PascalCase Privileged", { Privileged: true }, ["ecs-not-privileged"]),
  container("PascalCase, AWS key", { Environment: [{ Name: "AWS_SECRET_ACCESS_KEY", Value: "x" }] }, [
    "ecs-no-credentials-in-environment",
  ]),
  container("a number as value", { environment: [{ name: "PIN_PASSWORD", value: 123456 }] }, hidden),
  container("command --password", { command: ["serve", "--password", "hunter22"] }, hidden),
  container("command --db-password=", { command: ["serve", "--db-password=hunter22"] }, hidden),
  container("command with a URL and password", { command: ["psql", "postgres://app:hunter22@db/app"] }, hidden),
  container(
    "entryPoint sh -c export",
    { entryPoint: ["sh", "-c", "export DB_PASSWORD='hunter22 x' && serve"] },
    hidden,
  ),
  container(
    "entryPoint sh -c, quoted header",
    { entryPoint: ["sh", "-c", 'curl -H "Authorization: Bearer abcdefgh12345678"'] },
    hidden,
  ),
  container("dockerLabels", { dockerLabels: { "com.example.api-token": "abcdef" } }, hidden),
  container(
    "log options",
    { logConfiguration: { logDriver: "splunk", options: { "splunk-token": "abcdef" } } },
    hidden,
  ),
  container(
    "health check",
    { healthCheck: { command: ["CMD-SHELL", "curl -f http://u:hunter22@localhost/"] } },
    hidden,
  ),
  container("SYS_ADMIN", { linuxParameters: { capabilities: { add: ["SYS_ADMIN"] } } }, ["ecs-not-privileged"]),
  container("PascalCase SYS_ADMIN", { LinuxParameters: { Capabilities: { Add: ["CAP_SYS_ADMIN"] } } }, [
    "ecs-not-privileged",
  ]),
  container(
    "firelens options",
    { firelensConfiguration: { type: "fluentbit", options: { http_Passwd: "x1y2" } } },
    hidden,
  ),
  container("AppArmor off", { dockerSecurityOptions: ["apparmor:unconfined"] }, ["ecs-not-privileged"]),
  container("seccomp off", { dockerSecurityOptions: ["seccomp=unconfined"] }, ["ecs-not-privileged"]),
  container("no new privileges", { dockerSecurityOptions: ["no-new-privileges"] }),
  container("user +0", { user: "+0" }, ["ecs-not-root"]),
  definition("the socket of Docker", { volumes: [{ name: "d", hostPath: "/var/run/docker.sock" }] }, [
    "ecs-no-host-files",
  ]),
  container("logDriver none", { logConfiguration: { logDriver: "none" } }, ["ecs-logging"]),
  container("user 00", { user: "00" }, ["ecs-not-root"]),
  container("user 0 as a number", { user: 0 }, ["ecs-not-root"]),
  definition("pidMode host", { pidMode: "host" }, ["ecs-own-processes"]),
  definition("ipcMode host", { ipcMode: "host" }, ["ecs-own-processes"]),
  container("pidMode host in a container, where ECS has no such field", { pidMode: "host" }, ["ecs-own-processes"]),
  definition("malformed", { containerDefinitions: "[{" }, hidden),
  definition("no container", { containerDefinitions: "[]" }, ["ecs-not-root"]),
  definition("EFS in plain", { volumes: [{ name: "v", efsVolumeConfiguration: { fileSystemId: "fs-1" } }] }, [
    "ecs-efs-encrypted",
  ]),
  container("a sound one", {
    environment: [{ name: "PORT", value: 8080 }],
    command: ["serve", "--port", "8080", "--token-ttl", "60"],
  }),
  container("a variable of the shell", { command: ["sh", "-c", "serve --password $DB_PASSWORD"] }),
  container("capabilities dropped, one harmless added", {
    linuxParameters: { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } },
  }),

  batch(
    "PascalCase",
    { containerProperties: JSON.stringify({ Environment: [{ Name: "API_TOKEN", Value: "x" }] }) },
    jobSecret,
  ),
  batch("PascalCase privileged", { containerProperties: JSON.stringify({ Privileged: true }) }, privileged),
  batch(
    "ecsProperties privileged",
    {
      ecsProperties: JSON.stringify({ taskProperties: [{ containers: [{ privileged: true }] }] }),
    },
    privileged,
  ),
  batch(
    "ecsProperties secret",
    {
      ecsProperties: JSON.stringify({ taskProperties: [{ containers: [{ environment: secret }] }] }),
    },
    jobSecret,
  ),
  batch(
    "nodeProperties privileged",
    {
      nodeProperties: JSON.stringify({ nodeRangeProperties: [{ container: { privileged: true } }] }),
    },
    privileged,
  ),
  batch(
    "nodeProperties, ECS, secret",
    {
      nodeProperties: JSON.stringify({
        nodeRangeProperties: [{ ecsProperties: { taskProperties: [{ containers: [{ environment: secret }] }] } }],
      }),
    },
    jobSecret,
  ),
  batch(
    "eksProperties privileged",
    {
      eksProperties: { podProperties: { containers: [{ image: "i", securityContext: { privileged: true } }] } },
    },
    privileged,
  ),
  batch(
    "eksProperties, first containers, secret",
    {
      eksProperties: { podProperties: { initContainers: [{ image: "i", envs: [], env: secret }] } },
    },
    jobSecret,
  ),
  batch("malformed", { containerProperties: "{" }, jobSecret),
  batch("command", { containerProperties: JSON.stringify({ command: ["run", "--api-key", "abcdef"] }) }, jobSecret),

  build("type ''", { environment: { environmentVariables: [{ name: "DB_PASSWORD", value: "hunter22", type: "" }] } }, [
    "codebuild-no-plaintext-secrets",
  ]),
  build(
    "buildspec",
    {
      source: {
        type: "NO_SOURCE",
        buildspec: "version: 0.2\nphases:\n  build:\n    commands:\n      - export NPM_TOKEN=abcdef\n",
      },
    },
    ["codebuild-no-plaintext-secrets"],
  ),
  build(
    "buildspec's variables",
    {
      source: { type: "NO_SOURCE", buildspec: "version: 0.2\nenv:\n  variables:\n    DB_PASSWORD: hunter22\n" },
    },
    ["codebuild-no-plaintext-secrets"],
  ),
  build(
    "credentials in the source's address",
    {
      source: { type: "GITHUB", location: "https://user:hunter22@github.com/o/n.git" },
    },
    ["codebuild-source-credentials"],
  ),
  build("artifacts in plain", { artifacts: { type: "S3", location: "b", encryptionDisabled: true } }, [
    "codebuild-artifacts-encrypted",
  ]),
  build(
    "secondary artifacts in plain",
    {
      secondaryArtifacts: [{ type: "S3", artifactIdentifier: "a", location: "b", encryptionDisabled: true }],
    },
    ["codebuild-artifacts-encrypted"],
  ),
  build("secrets from Secrets Manager", {
    source: {
      type: "GITHUB",
      location: "https://github.com/o/n.git",
      buildspec:
        "version: 0.2\nenv:\n  secrets-manager:\n    DB_PASSWORD: app:password\nphases:\n  build:\n    commands: [make]\n",
    },
    environment: { environmentVariables: [{ name: "DB_PASSWORD", value: "app:password", type: "SECRETS_MANAGER" }] },
  }),

  machine(
    "an AWS key in userData",
    { userData: script("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY") },
    ["ec2-no-plaintext-secrets"],
  ),
  machine(
    "a password in userData, base64",
    {
      userDataBase64: Buffer.from(script("DB_PASSWORD=hunter22 ./run")).toString("base64"),
    },
    ["ec2-no-plaintext-secrets"],
  ),
  machine(
    "a launch template's userData",
    {
      userData: Buffer.from(script("mysql -h db --password=hunter22")).toString("base64"),
    },
    ["ec2-no-plaintext-secrets"],
    "LaunchTemplate",
  ),
  machine(
    "a launch template with a public address",
    { networkInterfaces: [{ associatePublicIpAddress: "true" }] },
    ["ec2-no-public-address"],
    "LaunchTemplate",
  ),
  batch(
    "an ECS job with a public address",
    {
      ecsProperties: JSON.stringify({
        taskProperties: [{ containers: [], networkConfiguration: { assignPublicIp: "ENABLED" } }],
      }),
    },
    ["started-tasks-private"],
  ),
  machine("a launch template with IMDSv1", { metadataOptions: undefined }, ["ec2-metadata-tokens"], "LaunchTemplate"),
  machine("metadata switched off", { metadataOptions: { httpEndpoint: "disabled" } }),
  machine("userData without a secret", { userData: script("yum install -y nginx && systemctl start nginx") }),
  {
    what: "a secret in a plain parameter",
    type: "aws:ssm/parameter:Parameter",
    props: { name: "/app/db/password", type: "String", value: "hunter22" },
    rules: ["secret-plaintext"],
  },
  {
    what: "a plain parameter",
    type: "aws:ssm/parameter:Parameter",
    props: { name: "/app/log-level", type: "String", value: "info" },
  },
  ...startedWith,
];
