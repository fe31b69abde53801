import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { jobRoles } from "../../programs/components/runner/machines/places.ts";
import { runnerConfig } from "../../programs/config.ts";
import { runner } from "../../programs/runner.ts";
import { runnerValues } from "./fixtures.ts";
import { digestOf, run, type World } from "./mocks.ts";
import { statements } from "./runs.ts";

const slack = "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/slack-a1b2c3";
const pipelineStack = "organization/switchyard/pipeline";

describe("runner program", () => {
  const runRunner = (change: Record<string, unknown> = {}, world: World = {}) =>
    run("runner", world, () => runner(runnerConfig("runner", { ...runnerValues, ...change })));

  it("has a job definition for each role, without a public address, and with the pipeline's rights alone", async () => {
    const { resources } = await runRunner();
    for (const role of jobRoles) {
      const { inputs } = resources.one("aws:batch/jobDefinition:JobDefinition", `runner-${role}`);
      const container = JSON.parse(String(inputs["containerProperties"])) as Record<string, unknown>;
      assert.equal(container["image"], runnerValues["image"]);
      assert.equal(container["readonlyRootFilesystem"], true);
      assert.deepEqual(container["networkConfiguration"], { assignPublicIp: "DISABLED" });
      assert.equal(container["jobRoleArn"], `arn:aws:iam:us-east-1:123456789012:runner-${role}`);
      assert.deepEqual(container["secrets"], [
        { name: "GITHUB_TOKEN", valueFrom: runnerValues["githubTokenSecretArn"] },
      ]);
      assert.deepEqual((inputs["retryStrategy"] as { evaluateOnExits: object[] }).evaluateOnExits.at(-1), {
        action: "EXIT",
        onReason: "*",
      });
    }
    const attached = resources.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment").map(({ inputs }) => inputs);
    assert.deepEqual(
      attached.map(({ role, policyArn }) => [role, String(policyArn).split("/").at(-1)]),
      [
        ["switchyard-runner-plan", "switchyard-plan-one"],
        ["switchyard-runner-apply", "switchyard-platform-one"],
        ["switchyard-runner-deploy", "switchyard-deploy-production-one"],
        ["switchyard-runner-preview", "switchyard-preview-one"],
        ["switchyard-runner-drift", "switchyard-drift-one"],
      ],
    );
  });

  it("lets its jobs tell X-Ray, put logs and reports into its bucket, and neither read, list nor write anything else there", async () => {
    const { resources } = await runRunner();
    for (const role of jobRoles) {
      const policy = resources.one("aws:iam/rolePolicy:RolePolicy", `runner-${role}`).inputs["policy"];
      const [put, key, trace, ...others] = statements(policy);
      assert.deepEqual([trace?.Action, others], ["xray:PutTraceSegments", []]);
      assert.equal(put?.Action, "s3:PutObject");
      assert.deepEqual(
        [put?.Resource].flat().map((arn) => String(arn).replace(/^.*runner-artifacts/, "")),
        ["/logs/*", "/reports/*"],
      );
      assert.deepEqual(key?.Condition, { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } });
    }
  });

  it("tells its jobs where the stacks' states are, where the pipeline says it", async () => {
    const backendOf = async (stateBucket: string | undefined) => {
      const outputs = {
        ...{ repositoryUrls: {}, ledgerTableName: "ledger", ledgerTableArn: "arn:aws:dynamodb" },
        rolePolicyArns: { plan: [], platform: [], "deploy-production": [], preview: [], drift: [] },
        ...(stateBucket !== undefined && { stateBucket }),
      };
      const { resources } = await runRunner({}, { stacks: { [pipelineStack]: outputs } });
      return jobRoles.map((role) => {
        const { inputs } = resources.one("aws:batch/jobDefinition:JobDefinition", `runner-${role}`);
        const { environment } = JSON.parse(String(inputs["containerProperties"])) as {
          environment: readonly { readonly name: string; readonly value: string }[];
        };
        return environment.find(({ name }) => name === "PULUMI_BACKEND_URL")?.value;
      });
    };
    assert.deepEqual(await backendOf("acme-state"), Array(jobRoles.length).fill("s3://acme-state"));
    assert.deepEqual(await backendOf(undefined), Array(jobRoles.length).fill(undefined));
  });

  it("lets production's jobs go before previews' in private subnets", async () => {
    const { resources } = await runRunner({ maxVcpus: "32" });
    const priority = (queue: string) => resources.one("aws:batch/jobQueue:JobQueue", queue).inputs["priority"];
    assert.ok(Number(priority("runner-production")) > Number(priority("runner-preview")));
    const { computeResources } = resources.one("aws:batch/computeEnvironment:ComputeEnvironment").inputs;
    assert.deepEqual(computeResources, {
      type: "FARGATE",
      maxVcpus: 32,
      subnets: ["subnet-private-1", "subnet-private-2"],
      securityGroupIds: ["runner-id"],
    });
    assert.deepEqual(resources.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), []);
  });

  it("has what no job can be started of cancelled after half an hour, or as it is told", async () => {
    const limitsOf = async (config: Readonly<Record<string, string>>) => {
      const { resources } = await runRunner(config);
      return resources.all("aws:batch/jobQueue:JobQueue").map(({ inputs }) => inputs["jobStateTimeLimitActions"]);
    };
    const limits = (maxTimeSeconds: number) =>
      [
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
      ].map((reason) => ({ reason, state: "RUNNABLE", action: "CANCEL", maxTimeSeconds }));
    assert.deepEqual(await limitsOf({}), [limits(1_800), limits(1_800)]);
    assert.deepEqual(await limitsOf({ startSeconds: "600" }), [limits(600), limits(600)]);
    for (const wrong of ["599", "3601"])
      await assert.rejects(limitsOf({ startSeconds: wrong }), /startSeconds.*600/s, wrong);
  });

  it("has the six state machines, logged without what they are given, and traced", async () => {
    const { resources, outputs } = await runRunner();
    assert.deepEqual(Object.keys(outputs.machineArns), ["plan", "plan-apply", "merge", "release", "ephemeral", "run"]);
    for (const { inputs } of resources.all("aws:sfn/stateMachine:StateMachine")) {
      const { level, includeExecutionData } = inputs["loggingConfiguration"] as Record<string, unknown>;
      assert.deepEqual([level, includeExecutionData], ["ALL", false]);
      assert.deepEqual(inputs["tracingConfiguration"], { enabled: true });
      assert.equal(JSON.parse(String(inputs["definition"])).QueryLanguage, "JSONata");
    }
    const names = resources.all("aws:sfn/stateMachine:StateMachine").map(({ inputs }) => inputs["name"]);
    assert.ok(
      names.includes("switchyard-release-production"),
      "one environment's releases are started by its own name",
    );
  });

  it("tells of every end of an execution, and puts aside what nobody can read", async () => {
    const { resources } = await runRunner();
    const { detail } = JSON.parse(
      String(resources.one("aws:cloudwatch/eventRule:EventRule", "runner-status-executions").inputs["eventPattern"]),
    );
    assert.deepEqual(detail.status, ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]);
    assert.equal(detail.stateMachineArn.length, 6);
    const redrive = JSON.parse(String(resources.one("aws:sqs/queue:Queue", "runner-status").inputs["redrivePolicy"]));
    assert.deepEqual(redrive, {
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:runner-status-dead",
      maxReceiveCount: 5,
    });
    for (const name of ["runner-status", "runner-status-dead"]) {
      const { sqsManagedSseEnabled, kmsMasterKeyId } = resources.one("aws:sqs/queue:Queue", name).inputs;
      assert.deepEqual([sqsManagedSseEnabled, kmsMasterKeyId], [true, undefined], "EventBridge needs no key's policy");
    }
  });

  it("tells of pushes to the pipeline's repositories and of its own alarms, and lets no other rule send", async () => {
    const { resources } = await runRunner();
    const of = (type: string) => resources.all(type).map(({ inputs }) => inputs);
    const detail = (rule: string) =>
      JSON.parse(String(resources.one("aws:cloudwatch/eventRule:EventRule", rule).inputs["eventPattern"])).detail;
    assert.deepEqual(
      detail("runner-status-alarms").alarmName.sort(),
      of("aws:cloudwatch/metricAlarm:MetricAlarm")
        .map((inputs) => inputs["name"])
        .sort(),
    );
    assert.deepEqual(detail("runner-status-pushes")["repository-name"].length, 4);
    const arns = ["executions", "pushes", "alarms"].map(
      (rule) => `arn:aws:cloudwatch:us-east-1:123456789012:runner-status-${rule}`,
    );
    assert.equal(of("aws:cloudwatch/eventRule:EventRule").length, arns.length);
    assert.equal(of("aws:cloudwatch/eventTarget:EventTarget").length, arns.length);
    for (const queue of ["runner-status", "runner-status-dead"]) {
      const policy = resources.one("aws:sqs/queuePolicy:QueuePolicy", queue).inputs["policy"];
      const allowed = statements(policy).filter(({ Action }) => Action === "sqs:SendMessage");
      assert.deepEqual(
        allowed.map(({ Condition }) => Condition),
        [{ ArnEquals: { "aws:SourceArn": arns } }],
      );
    }
  });

  it("lets schedules start commands and put aside what they could not, and nothing else", async () => {
    const { resources } = await runRunner();
    const policy = resources.one("aws:iam/rolePolicy:RolePolicy", "runner-schedule").inputs["policy"];
    assert.deepEqual(
      statements(policy).map(({ Action, Resource }) => [Action, Resource]),
      [
        ["states:StartExecution", "arn:aws:states:us-east-1:123456789012:stateMachine:switchyard-run"],
        ["sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:runner-schedules-dead"],
        [["kms:Decrypt", "kms:GenerateDataKey"], "arn:aws:kms:us-east-1:123456789012:runner"],
      ],
    );
    const alarm = resources.one("aws:cloudwatch/metricAlarm:MetricAlarm", "runner-not-started").inputs;
    assert.deepEqual(alarm["dimensions"], { QueueName: "switchyard-runner-schedules-dead" });
    const definition = String(
      resources.one("aws:sfn/stateMachine:StateMachine", "runner-ephemeral").inputs["definition"],
    );
    assert.match(definition, /"DeadLetterConfig":\{"Arn":"arn:aws:sqs:us-east-1:123456789012:runner-schedules-dead"\}/);
  });

  it("says nothing without the notifier's image, and with it reads one queue and its own secrets alone", async () => {
    assert.deepEqual((await runRunner()).resources.all("aws:lambda/function:Function"), []);
    const { resources } = await runRunner({ notifierImage: digestOf("notifier"), slackSecretArn: slack });
    const { inputs } = resources.one("aws:lambda/function:Function");
    const { variables } = inputs["environment"] as { variables: Record<string, string> };
    assert.equal(variables["SLACK_SECRET_ARN"], slack);
    assert.equal(variables["GITHUB_REPOSITORY"], "acme/switchyard");
    const mapping = resources.one("aws:lambda/eventSourceMapping:EventSourceMapping").inputs;
    assert.deepEqual(mapping["functionResponseTypes"], ["ReportBatchItemFailures"]);
    // A message stays unseen longer than the function may take (AWS Lambda, "Using Lambda with Amazon SQS").
    const unseen = resources.one("aws:sqs/queue:Queue", "runner-status").inputs["visibilityTimeoutSeconds"];
    assert.ok(Number(unseen) > Number(inputs["timeout"]));
    const allowed = statements(resources.one("aws:iam/rolePolicy:RolePolicy", "runner-notifier").inputs["policy"]);
    assert.deepEqual(
      allowed.filter(({ Action }) => String(Action).startsWith("secretsmanager")).map(({ Resource }) => Resource),
      [[runnerValues["githubTokenSecretArn"], slack]],
    );
    const writing = allowed.filter(({ Action }) => [Action].flat().includes("s3:PutObject"));
    assert.equal(writing.length, 1);
    assert.match(String(writing[0]?.Resource), /\/notifier\/\*$/);
    const [reading] = allowed.filter(({ Action }) => Action === "s3:GetObject");
    assert.deepEqual(
      [reading?.Resource].flat().map((arn) => String(arn).split("/").slice(1).join("/")),
      ["logs/*", "reports/*"],
    );
    const anywhere = allowed.filter(({ Resource }) => Resource === "*").flatMap(({ Action }) => Action);
    assert.deepEqual(anywhere, ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);
  });

  it("builds no images unless it is asked to, and then on a machine of each platform, from commits in its bucket alone", async () => {
    assert.deepEqual((await runRunner()).resources.all("aws:codebuild/project:Project"), []);
    const { resources } = await runRunner({ builds: ["linux/arm64", "linux/amd64"] });
    const projects = resources.all("aws:codebuild/project:Project").map(({ inputs }) => inputs);
    const machine = ({ name, environment }: (typeof projects)[number]) => [
      name,
      (environment as { type: string }).type,
    ];
    assert.deepEqual(projects.map(machine), [
      ["switchyard-images-arm64", "ARM_CONTAINER"],
      ["switchyard-images-amd64", "LINUX_CONTAINER"],
    ]);
    for (const { source, environment, concurrentBuildLimit, buildTimeout, logsConfig } of projects) {
      const { type, buildspec } = source as { type: string; buildspec: string };
      assert.equal(type, "S3");
      assert.deepEqual(JSON.parse(buildspec).phases.build, { commands: ["push-images"] });
      assert.equal((environment as { image: string }).image, runnerValues["image"]);
      assert.equal((environment as { environmentVariables?: object }).environmentVariables, undefined);
      assert.deepEqual([concurrentBuildLimit, Number(buildTimeout) > 0], [1, true]);
      const { groupName } = (logsConfig as { cloudwatchLogs: { groupName: string } }).cloudwatchLogs;
      const { inputs } = resources.one("aws:cloudwatch/logGroup:LogGroup", "runner-builds");
      assert.deepEqual([groupName, Number(inputs["retentionInDays"]) > 0], ["/switchyard/runner/builds", true]);
    }
  });

  it("gives builds the rights of the pipeline's role for images, their log, their source and their image", async () => {
    const { resources } = await runRunner({ builds: ["linux/arm64"] });
    const role = resources.one("aws:iam/role:Role", "runner-builds").inputs;
    assert.match(String(role["permissionsBoundary"]), /switchyard-workflow$/);
    assert.deepEqual(
      statements(role["assumeRolePolicy"]).map(({ Principal, Condition }) => [Principal, Condition]),
      [[{ Service: "codebuild.amazonaws.com" }, { StringEquals: { "aws:SourceAccount": "123456789012" } }]],
    );
    const attached = resources
      .all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
      .filter(({ inputs }) => inputs["role"] === "switchyard-runner-builds");
    assert.deepEqual(
      attached.map(({ inputs }) => String(inputs["policyArn"]).split("/").at(-1)),
      ["switchyard-images-one"],
    );
    const own = statements(resources.one("aws:iam/rolePolicy:RolePolicy", "runner-builds").inputs["policy"]);
    assert.deepEqual(
      own.filter(({ Resource }) => Resource === "*").map(({ Action }) => Action),
      ["ecr:GetAuthorizationToken"],
    );
    const [sources] = own.filter(({ Action }) => String(Action).includes("s3:"));
    assert.match(String(sources?.Resource), /runner-artifacts\/builds\/\*$/);
  });

  it("looks after itself, and tells the topic that it is given", async () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:alarms";
    const { resources } = await runRunner({ alarmTopicArn: topic });
    const alarms = resources.all("aws:cloudwatch/metricAlarm:MetricAlarm");
    assert.ok(alarms.length > 4);
    const page = readFileSync(new URL("../../docs/runner.md", import.meta.url), "utf8");
    for (const { inputs } of alarms) {
      const [, anchor = ""] = /\/docs\/runner\.md#(\S+)$/.exec(String(inputs["alarmDescription"])) ?? [];
      assert.ok(page.includes(`\n## ${anchor.replaceAll("-", " ").replace(/^w/, "W")}\n`), anchor);
      const [, suffix = ""] = /^switchyard-runner-(.+)$/.exec(String(inputs["name"])) ?? [];
      // Of each machine and each queue there is one: the page has their common ends.
      assert.ok(
        [...page.matchAll(/`…-([a-z-]+)`/g)].some(([, end]) => suffix.endsWith(end ?? "")),
        suffix,
      );
    }
    for (const { inputs } of alarms)
      assert.deepEqual([inputs["alarmActions"], inputs["okActions"]], [[topic], [topic]]);
    const dead = resources.one("aws:cloudwatch/metricAlarm:MetricAlarm", "runner-dead-letters").inputs;
    assert.deepEqual(dead["dimensions"], { QueueName: "switchyard-runner-status-dead" });
    const body = String(resources.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]);
    assert.match(body, /"ExecutionsFailed","StateMachineArn","arn:aws:sfn:us-east-1:123456789012:runner-plan-apply"/);
  });

  for (const [what, change, says] of [
    ["a topic by its name", { alarmTopicArn: "alarms" }, /switchyard:alarmTopicArn/],
    ["a notifier by its tag", { notifierImage: "switchyard/notifier:v1" }, /switchyard:notifierImage.*digest/],
    ["Slack's address itself", { slackSecretArn: "https://hooks.slack.com/x" }, /switchyard:slackSecretArn/],
    ["Slack's address that nothing reads", { slackSecretArn: slack }, /switchyard:slackSecretArn.*notifierImage/],
    [
      "an image of no registry of ECR",
      { image: digestOf("runner").replace(/^[^/]+/, "ghcr.io") },
      /switchyard:image.*ECR/,
    ],
    ["an image by its tag", { image: "switchyard/runner:v1" }, /switchyard:image.*digest/],
    ["no repository", { repository: undefined }, /switchyard:repository/],
    [
      "a secret without the end of its ARN, which no policy could name",
      { githubTokenSecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/github" },
      /switchyard:githubTokenSecretArn.*six characters/,
    ],
    ["a token itself in place of its secret", { githubTokenSecretArn: "ghp_abc" }, /switchyard:githubTokenSecretArn/],
    ["builds for a platform that there is none of", { builds: ["linux/386"] }, /switchyard:builds.*linux.amd64/],
    ["builds that are no list", { builds: "linux/arm64" }, /switchyard:builds.*a list of platforms/],
    [
      "builds for one platform twice",
      { builds: ["linux/arm64", "linux/arm64"] },
      /switchyard:builds.*each platform once/,
    ],
    ["a wait of no time", { approvalSeconds: "5" }, /switchyard:approvalSeconds/],
  ] as const)
    it(`refuses ${what}, naming the key`, () => {
      assert.throws(() => runnerConfig("runner", { ...runnerValues, ...change }), {
        code: "invalid-config",
        message: says,
      });
    });

  it("is refused under another name, by which no command would find it", () => {
    assert.throws(() => runnerConfig("delivery", { ...runnerValues, program: "runner" }), {
      code: "invalid-config",
      message: /switchyard:stack.*runner: by that name/,
    });
  });

  it("lets its jobs pull the image from the registry that it names, another account's too", async () => {
    const image = digestOf("runner").replace("123456789012.dkr.ecr.us-east-1", "210987654321.dkr.ecr.eu-west-1");
    const { resources } = await runRunner({ image });
    const policy = resources.one("aws:iam/rolePolicy:RolePolicy", "runner-execution").inputs["policy"];
    const pulls = statements(policy)
      .flatMap(({ Resource }) => Resource)
      .filter((arn) => String(arn).includes(":ecr:"));
    assert.deepEqual(pulls, ["arn:aws:ecr:eu-west-1:210987654321:repository/switchyard/runner"]);
  });

  const elsewhere = (arn: string | undefined) => String(arn).replace("us-east-1", "eu-west-1");
  for (const [key, change] of [
    ["githubTokenSecretArn", { githubTokenSecretArn: elsewhere(String(runnerValues["githubTokenSecretArn"])) }],
    ["slackSecretArn", { notifierImage: digestOf("notifier"), slackSecretArn: elsewhere(slack) }],
    ["notifierImage", { notifierImage: elsewhere(digestOf("notifier")) }],
    ["alarmTopicArn", { alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:alarms" }],
  ] as const)
    it(`refuses ${key} of another region before anything is made`, async () => {
      await assert.rejects(runRunner(change), {
        code: "invalid-config",
        message: new RegExp(`switchyard:${key}: it is of eu-west-1, and the runner of us-east-1`),
      });
    });

  for (const [what, change, world, says] of [
    ["a stack that the pipeline deploys not", { deployStack: "staging" }, {}, /switchyard:deployStack.*deploy-staging/],
    [
      "a pipeline without roles",
      {},
      {
        stacks: {
          [pipelineStack]: { repositoryUrls: {}, ledgerTableName: "ledger", ledgerTableArn: "arn:aws:dynamodb" },
        },
      },
      /switchyard:pipelineStack.*no role plan/,
    ],
    [
      "builds under a pipeline without a role for images",
      { builds: ["linux/arm64"] },
      {
        stacks: {
          [pipelineStack]: {
            ...{ repositoryUrls: {}, ledgerTableName: "ledger", ledgerTableArn: "arn:aws:dynamodb" },
            rolePolicyArns: { plan: [], platform: [], "deploy-production": [], preview: [], drift: [] },
          },
        },
      },
      /switchyard:pipelineStack.*no role images, whose rights builds/,
    ],
  ] as const)
    it(`refuses ${what} before it makes anything`, async () => {
      await assert.rejects(runRunner(change, world), { code: "invalid-config", message: says });
    });
});
