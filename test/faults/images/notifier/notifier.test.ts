import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateEventSourceMappingCommand, CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { projectRoot } from "../../../../automation/surroundings.ts";
import { artifactKey } from "../../../../programs/components/runner/artifacts.ts";
import { alarmsRule, pushesRules } from "../../../../programs/components/runner/rules.ts";
import { bundleOnce } from "../../../images/processes.ts";
import { imageOf, pushImage } from "../../../sandbox/cloud/images.ts";
import { eventually, unique, useCloud } from "../../../support/cloud.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const asked = {
  ...{ kind: "approval", stack: "production", commit, actor: "ada", pullRequest: "7", token: "t" },
  execution: "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan-apply:production-1-1",
};

/** The image's own program, as a function of the sandbox that a queue feeds. */
describe("the notifier's image", function () {
  this.timeout(120_000);
  const cloud = useCloud();
  const name = unique("notifier");
  const requests: { readonly line: string; readonly body: unknown }[] = [];
  let sqs: SQSClient;
  let queue: string | undefined;
  let dead: string | undefined;

  /** Slack and GitHub in one: notes what is written, and keeps one comment. */
  let comments: readonly object[] = [];
  let isPrivate = true;
  /** Of Slack: an address that is taken back. */
  let gone = "nowhere";
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url?.split("?")[0]}`;
    if (line.endsWith(gone)) return void response.writeHead(404).end("no_service");
    const written = request.method === "GET" ? undefined : ((await json(request)) as object);
    if (written !== undefined) requests.push({ line, body: written });
    if (line.includes("/comments") && written !== undefined) comments = [{ id: 1, user: { login: "bot" }, ...written }];
    const read = line.endsWith("/user")
      ? { login: "bot" }
      : line.endsWith("/platform")
        ? { private: isPrivate }
        : comments;
    const answer = written === undefined ? read : { id: 1 };
    response.setHeader("content-type", line.endsWith("/slack") ? "text/plain" : "application/json");
    response.end(line.endsWith("/slack") ? "ok" : JSON.stringify(answer));
  });

  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await bundleOnce("notifier");
    const program = await readFile(join(projectRoot, "images/notifier/dist/notifier.mjs"), "utf8");
    const Env = ["VERSION=v1", `GITHUB_API_URL=${url}`];
    const image = await imageOf(
      { "app/": "", "app/notifier.mjs": program },
      { Entrypoint: ["node", "notifier.mjs"], WorkingDir: "/app", Env },
    );
    const ImageUri = await pushImage(new ECRClient(cloud.sdk()), name, image, "v1");
    const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    const role = new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument });
    const Role = (await new IAMClient(cloud.sdk()).send(role)).Role?.Arn;
    await new S3Client({ ...cloud.sdk(), forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: name }));
    const secrets = new SecretsManagerClient(cloud.sdk());
    const secret = async (of: string, SecretString: string) =>
      (await secrets.send(new CreateSecretCommand({ Name: `${name}/${of}`, SecretString }))).ARN ?? "";
    const Variables = {
      ...{ GITHUB_REPOSITORY: "acme/platform", ARTIFACTS_BUCKET: name },
      GITHUB_TOKEN_SECRET_ARN: await secret("github", "token"),
      SLACK_SECRET_ARN: await secret("slack", `${url}/old/slack`),
    };
    const lambda = new LambdaClient(cloud.sdk());
    const code = { Role, PackageType: "Image" as const, Code: { ImageUri }, Environment: { Variables } };
    await lambda.send(new CreateFunctionCommand({ FunctionName: name, Timeout: 60, ...code }));
    sqs = new SQSClient(cloud.sdk());
    dead = (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }))).QueueUrl;
    const arn = `arn:aws:sqs:us-east-1:123456789012:${name}`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: `${arn}-dead`, maxReceiveCount: 2 });
    const Attributes = { VisibilityTimeout: "60", RedrivePolicy };
    queue = (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))).QueueUrl;
    await lambda.send(
      new CreateEventSourceMappingCommand({
        ...{ EventSourceArn: arn, FunctionName: name, BatchSize: 5 },
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      }),
    );
  });
  after(() => {
    server.close();
    sqs.destroy();
  });

  const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
  const count = async (QueueUrl: string | undefined) => {
    const asking = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
    const { Attributes = {} } = await sqs.send(asking);
    return (
      Number(Attributes["ApproximateNumberOfMessages"]) + Number(Attributes["ApproximateNumberOfMessagesNotVisible"])
    );
  };

  it("says a message on Slack, on the pull request and of the commit, once", async () => {
    await send(JSON.stringify(asked));
    await send(JSON.stringify(asked));
    await eventually(async () => requests.length >= 3 && (await count(queue)) === 0, 60_000);
    assert.deepEqual(
      requests.map(({ line }) => line),
      [
        "POST /old/slack",
        "POST /repos/acme/platform/issues/7/comments",
        `POST /repos/acme/platform/statuses/${commit}`,
      ],
    );
    assert.match(JSON.stringify(requests[0]?.body), /waits for approval/);
    assert.equal(await count(dead), 0);
  });

  it("says on Slack that an image was pushed and that an alarm goes off, by the rules that feed the queue", async () => {
    const heard = requests.length;
    const events = new EventBridgeClient(cloud.sdk());
    const watch = new CloudWatchClient(cloud.sdk());
    const ecr = new ECRClient(cloud.sdk());
    const { id, region } = { id: "123456789012", region: "us-east-1" };
    const rules = pushesRules([`${id}.dkr.ecr.${region}.amazonaws.com/${name}`], { id, region, partition: "aws" });
    for (const { suffix, pattern } of [...rules, alarmsRule([name])]) {
      const Rule = `${name}-${suffix}`;
      await events.send(new PutRuleCommand({ Name: Rule, EventPattern: JSON.stringify(pattern) }));
      const Targets = [{ Id: "1", Arn: `arn:aws:sqs:${region}:${id}:${name}` }];
      await events.send(new PutTargetsCommand({ Rule, Targets }));
    }
    for (const AlarmName of [name, `${name}-other`]) {
      await watch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName, AlarmDescription: "Late. What to do: https://runbook.example/late", Namespace: "AWS/SQS" },
          ...{ MetricName: "Age", Statistic: "Maximum", Period: 60, EvaluationPeriods: 1, Threshold: 1 },
          ComparisonOperator: "GreaterThanThreshold",
        }),
      );
      // Again is no change.
      for (const StateReason of ["tried", "again"])
        await watch.send(new SetAlarmStateCommand({ AlarmName, StateValue: "ALARM", StateReason }));
    }
    for (const repository of [unique("other"), name])
      await pushImage(ecr, repository, await imageOf({ "app/": "" }, { Cmd: [repository] }), "v2");
    await eventually(async () => requests.length >= heard + 2 && (await count(queue)) === 0, 60_000);
    const said = requests.splice(heard).map(({ body }) => JSON.stringify(body));
    assert.equal(said.length, 2, said.join());
    assert.ok(
      said.some((each) => each.includes(`${name} is in alarm: Late. What to do: https://runbook.example/late`)),
    );
    assert.ok(said.some((each) => new RegExp(`${name}:v2 was pushed: sha256:[0-9a-f]{64}`).test(each)));
    assert.equal(await count(dead), 0);
  });

  it("leads to what a job has left, in comments only where strangers cannot read them", async () => {
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true });
    for (const [execution, open] of [
      ["production-2-1", false],
      ["production-3-1", true],
    ] as const) {
      isPrivate = !open;
      const heard = requests.length;
      const Key = artifactKey("report", execution, "Plan");
      await s3.send(
        new PutObjectCommand({ Bucket: name, Key, Body: `plan of ${execution}`, ContentType: "text/plain" }),
      );
      await send(JSON.stringify({ ...asked, execution: asked.execution.replace("production-1-1", execution) }));
      await eventually(async () => requests.length === heard + 3 && (await count(queue)) === 0, 60_000);
      const [slack, comment, status] = requests.splice(heard).map(({ body }) => JSON.stringify(body));
      const [, url = ""] = /<(http[^|]+)\|Report of Plan>/.exec(slack ?? "") ?? [];
      assert.equal(await (await fetch(url)).text(), `plan of ${execution}`);
      assert.equal(new URL(url).searchParams.get("X-Amz-Expires"), "21600");
      assert.equal(comment?.includes("X-Amz-Signature"), !open, comment);
      assert.ok(comment?.includes(Key));
      assert.doesNotMatch(status ?? "", /X-Amz-Signature/);
    }
    s3.destroy();
  });

  it("lets a late end of an attempt stand on Slack alone where a newer one has ended", async () => {
    const input = JSON.stringify({ stack: "staging", commit, actor: "ada", pullRequest: 7 });
    const executionArn = "arn:aws:states:us-east-1:123456789012:execution:switchyard-merge:staging-1";
    for (const [attempt, status, places] of [
      [2, "SUCCEEDED", 3],
      [1, "ABORTED", 1],
    ] as const) {
      const heard = requests.length;
      const detail = {
        executionArn: `${executionArn}-${attempt}`,
        status,
        startDate: 1_700_000_000_000 + attempt,
        input,
      };
      await send(JSON.stringify({ source: "aws.states", detail }));
      await eventually(async () => requests.length >= heard + places && (await count(queue)) === 0, 60_000);
      const lines = requests.splice(heard).map(({ line }) => line);
      assert.deepEqual([lines.length, lines[0]], [places, "POST /old/slack"], lines.join());
    }
    assert.equal(await count(dead), 0);
  });

  it("puts aside a message that nobody can read, and goes on with others", async () => {
    await send("{poisoned");
    await send(JSON.stringify({ ...asked, kind: "frozen" }));
    await eventually(async () => (await count(dead)) === 1, 60_000);
    await eventually(async () => requests.length === 6 && (await count(queue)) === 0, 60_000);
  });

  it("reads a secret anew that was changed since, before a message is put aside", async () => {
    gone = "/old/slack";
    const heard = requests.length;
    const { port } = server.address() as AddressInfo;
    const secrets = new SecretsManagerClient(cloud.sdk());
    const SecretString = `http://127.0.0.1:${port}/new/slack`;
    await secrets.send(new PutSecretValueCommand({ SecretId: `${name}/slack`, SecretString }));
    secrets.destroy();
    const execution = asked.execution.replace("production-1-1", "production-4-1");
    await send(JSON.stringify({ ...asked, pullRequest: "0", commit: "main", execution }));
    await eventually(async () => requests.length > heard && (await count(queue)) === 0, 60_000);
    assert.deepEqual(
      requests.slice(heard).map(({ line }) => line),
      ["POST /new/slack"],
    );
    assert.equal(await count(dead), 1);
  });
});
